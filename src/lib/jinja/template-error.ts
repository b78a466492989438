/** Thrown while rendering; `kind` is the name of the Python exception. */
export class TemplateError extends Error {
  readonly kind: string;
  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}
