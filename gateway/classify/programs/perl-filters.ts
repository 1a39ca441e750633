// Perl over the lines of files, as `sed`, `grep` and `cut` do it: what a regular expression or a printed text may not hold is code.
const SOUGHT = '(?:\\\\[^\\n]|(?!\\(\\?\\??\\{|[@$]\\{|\\$[A-Za-z_:]|@[A-Za-z_$])[^/\\\\\\n`])+'
const MATCH = `(?:!\\s*)?/${SOUGHT}/[imsx]*`
const LINE = '(?:\\$\\.\\s*(?:==|!=|<=?|>=?|%)\\s*\\d+|eof|\\d+)'
const ONE = `(?:${MATCH}|${LINE})`
const CONDITION = `\\(?\\s*${ONE}(?:\\s*(?:\\.\\.\\.?|&&|\\|\\||and|or)\\s*${ONE})*\\s*\\)?`
const SHOWN = '(?:"(?:[^"\\\\$@`]|\\\\[nt]|\\$(?:_|\\.|[1-9&]|ARGV|F\\[-?\\d+\\]))*"|\'[^\'\\\\]*\'|\\$(?:_|\\.|[1-9&]|ARGV|F\\[-?\\d+\\])|\\d+)'
const PRINT = `print(?:\\s*\\(?\\s*${SHOWN}(?:\\s*[.,]\\s*${SHOWN})*\\s*\\)?)?`
const PUT = '(?:\\\\[^\\n]|(?![@`]|\\$(?![1-9&]|\\{[1-9]\\}))[^/\\\\\\n])*'
const SUBSTITUTE = `s/${SOUGHT}/${PUT}/[gimsx]*`
const TRANSLATE = 'tr/(?:\\\\.|[^/\\\\\\n])+/(?:\\\\.|[^/\\\\\\n])*/[cds]*'
const STATEMENT = `(?:${PRINT}|${SUBSTITUTE}|${TRANSLATE}|next|last)(?:\\s+(?:if|unless)\\s+${CONDITION})?`
const PROGRAM = new RegExp(`^\\s*${STATEMENT}(?:\\s*;\\s*${STATEMENT})*\\s*;?\\s*$`)

/** Whether a Perl program, run for each line, only prints, picks or changes lines. */
export function isPerlFilter (text: string): boolean {
  // `e` would run what is put in; no list above has it, and a longer word of flags is refused with it.
  return text.length <= 400 && PROGRAM.test(text)
}
