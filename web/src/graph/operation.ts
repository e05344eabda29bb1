/** A question that the build has read against the schema: its text, the digest it is asked by, and the types of both sides. */
export interface Operation<Result, Variables> {
  readonly name: string;
  readonly sha256: string;
  readonly text: string;
  /** Carries the types only; nobody calls it. */
  readonly shape?: (variables: Variables) => Result;
}
