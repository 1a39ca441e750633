declare module 'prismjs/components/*' {
  /** A piece of a text: plain, or of a kind, with further pieces in it. */
  export type Piece = string | { readonly type: string, readonly content: Piece | readonly Piece[] }
  const prism: {
    readonly languages: Readonly<Record<string, object | undefined>>
    tokenize (text: string, grammar: object): readonly Piece[]
  }
  export default prism
}
