import { useId, useState } from 'react';
import { signIn, token } from '../graph/session';
import { useWords } from '../language/words';
import { stateWords } from './words';

/** Asks for a token where the server wants one. */
export function SignIn() {
  const t = useWords(stateWords);
  const id = useId();
  const [secret, setSecret] = useState('');
  return (
    <form
      className="notice"
      onSubmit={(event) => {
        event.preventDefault();
        if (secret.trim() !== '') signIn(secret);
      }}
    >
      <h2>{t.signIn}</h2>
      <p>{token() === null ? t.signInWhy : t.signInAgain}</p>
      <label htmlFor={id}>{t.token}</label>
      <input id={id} type="password" autoComplete="off" value={secret} onChange={(event) => setSecret(event.target.value)} />
      <button type="submit" className="button primary">
        {t.signInDo}
      </button>
    </form>
  );
}
