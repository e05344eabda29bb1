import { Suspense, useEffect, useRef, useState } from 'react';
import { chooseLanguage, useLanguage } from '../language/choice';
import { useWords } from '../language/words';
import { Boundary } from '../states/Boundary';
import { Loading } from '../states/Loading';
import { SignInIfAsked } from '../states/SignIn';
import { Strips } from '../states/Strips';
import { stateWords } from '../states/words';
import { useAddress } from './address';
import { useEditions } from './editions';
import { Link } from './Link';
import { useMenus } from './menus';
import { caseWork, entries, federationPages, pageAt, type PageName } from './pages';
import { appWords } from './words';

/** What stands around every page: name, navigation, language, strips about the state of the data, and one page. */
export function Frame() {
  const t = useWords(appWords);
  const s = useWords(stateWords);
  const lang = useLanguage();
  const address = useAddress();
  const page = pageAt(address.pathname);
  const newest = useEditions();
  useMenus();
  const [isMenuOpen, setMenuOpen] = useState(false);
  const title = page === undefined || page.name === 'enterprise' ? t.gaps : page.name === 'case' ? t.cases : page.name === 'unit' ? t.units : page.name === 'place' ? t.places : t[page.name];
  const at = address.searchParams.get('at');

  useEffect(() => {
    document.title = `${title} · ${t.name}`;
  }, [title, t.name]);
  const isFirst = useRef(true);
  useEffect(() => {
    setMenuOpen(false);
    // Another page begins at its top, for eyes and for readers; the first one is where the browser put it.
    if (!isFirst.current) {
      scrollTo(0, 0);
      document.getElementById('main')?.focus({ preventScroll: true });
    }
    isFirst.current = false;
  }, [address.pathname]);

  return (
    <div className={page?.isFull === true ? 'frame full' : 'frame'}>
      <a className="skip" href="#main">
        {t.skip}
      </a>
      <header className="top">
        <Link to="/" className="brand" title={t.subtitle}>
          <span className="brand-mark" aria-hidden="true">
            会
          </span>
          <span className="brand-name">{t.name}</span>
        </Link>
        <button type="button" className="menu-button" aria-expanded={isMenuOpen} aria-controls="navigation" onClick={() => setMenuOpen(!isMenuOpen)}>
          {t.menu}
        </button>
        <nav id="navigation" aria-label={t.navigation} className={isMenuOpen ? 'open' : ''}>
          {entries.map(({ name, to }) => (
            <Link key={name} to={at === null ? to : `${to}?at=${at}`} aria-current={isCurrent(name, page?.name) ? 'page' : undefined}>
              {t[name]}
            </Link>
          ))}
        </nav>
        <button type="button" className="language" lang={lang === 'zh' ? 'en' : 'zh-CN'} onClick={() => chooseLanguage(lang === 'zh' ? 'en' : 'zh')}>
          {t.otherLanguage}
        </button>
      </header>
      <Strips newest={newest} />
      <SignInIfAsked />
      <main id="main" tabIndex={-1}>
        <Boundary
          key={address.pathname}
          fallback={(retry) => (
            <div className="notice danger" role="alert">
              <h1>{s.brokenPage}</h1>
              <p>{s.brokenPageWhy}</p>
              <p className="row">
                <button
                  type="button"
                  className="button primary"
                  onClick={() => {
                    page?.again?.();
                    retry();
                  }}
                >
                  {s.retry}
                </button>
                <button type="button" className="button" onClick={() => location.reload()}>
                  {s.reload}
                </button>
              </p>
            </div>
          )}
        >
          <Suspense fallback={<Loading />}>{page === undefined ? <NotFound /> : <page.Component />}</Suspense>
        </Boundary>
      </main>
    </div>
  );
}

function isCurrent(entry: string, page: PageName | undefined): boolean {
  return entry === page || (entry === 'cases' && page !== undefined && caseWork.includes(page)) || (entry === 'units' && page !== undefined && federationPages.includes(page)) || (entry === 'gaps' && page === 'enterprise');
}

function NotFound() {
  const s = useWords(stateWords);
  return (
    <div className="notice">
      <h1>{s.notFound}</h1>
      <p>{s.notFoundWhy}</p>
      <Link to="/" className="button">
        {s.toMap}
      </Link>
    </div>
  );
}
