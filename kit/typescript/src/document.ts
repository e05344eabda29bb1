/** An operation as text, with the types of its answer and of its variables. */
export interface Document<Data, Variables> {
  readonly name: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly text: string;
  /** SHA-256 of the text: names the operation where the hub knows it (`huitu trust`, automatic persisted queries). */
  readonly sha256: string;
  /** Never there: carries the types. */
  readonly types?: { data: Data; variables: Variables };
}
