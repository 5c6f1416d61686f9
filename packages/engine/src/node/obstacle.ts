/** Something that this machine lacks; both texts are one line, for people. */
export class Obstacle extends Error {
  override name: string = "Obstacle";
  /** What to do about it. */
  readonly cure: string;

  constructor(reason: string, cure: string) {
    super(reason);
    this.cure = cure;
  }
}
