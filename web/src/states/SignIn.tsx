import { useId, useState } from 'react';
import { signIn, useIsAsked, useToken } from '../graph/session';
import { useWords } from '../language/words';
import { useSession } from './useSession';
import { stateWords } from './words';

/** Asks who it is where the server wants to know; the page below keeps what it shows and what was typed. */
export function SignInIfAsked() {
  return useIsAsked() ? <SignIn /> : null;
}

/** By the identity provider where there is one, else by a token. */
function SignIn() {
  const t = useWords(stateWords);
  const id = useId();
  const [secret, setSecret] = useState('');
  const login = useSession()?.login ?? null;
  const isNobody = useToken() === null;
  return (
    <form
      className="notice sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        if (secret.trim() !== '') signIn(secret);
      }}
    >
      <h2>{t.signIn}</h2>
      {login !== null && (
        <p>
          <a className="button primary" href={`${login}?to=${encodeURIComponent(location.pathname + location.search)}`}>
            {t.signInThere}
          </a>
        </p>
      )}
      <p role="alert">{isNobody ? (login === null ? t.signInWhy : t.signInOr) : t.signInAgain}</p>
      <label htmlFor={id}>{t.token}</label>
      <input id={id} type="password" autoComplete="off" value={secret} onChange={(event) => setSecret(event.target.value)} />
      <button type="submit" className={login === null ? 'button primary' : 'button'}>
        {t.signInDo}
      </button>
    </form>
  );
}
