/** A list of names, written as one text. */
export const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** Words in names of functions that do more than to compute. */
export const DOING = /exec|(?<!ri)eval|(?<![tp])run|shell|system|spawn|popen|command|import(?!an)|(?<!pay)load|delete|remove|drop(?!out|na|_duplicates)|deploy|publish|push|send|upload|write|fetch|request|download|install|migrat|(?<!do|re)main|(?<!re)call(?!able|ed|_count|_args)|env(?!elope)|secret|token(?!iz)|passw|credential|open(?!api)|(?<!th|sp)read(?!y|able)/i
