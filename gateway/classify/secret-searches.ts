/** A pattern that is on every line, or on every line of a file of settings. */
export const ANYTHING = /^(?:\^|\$|\.[*+]?|\\[sSwW][*+]?|=|\[\^[^\]]*\][*+]?)*$|^\^?(?:\(?export\s*\)?\??)?(?:\[A-Za-z_\]|\[[A-Z0-9_a-z-]*A-Z[A-Z0-9_a-z-]*\][*+]?|\\w[*+])+\s*=/

/** A pattern of what secrets look like. */
export const SECRET_VALUE = /AKIA|BEGIN.*(?:PRIVATE|RSA|OPENSSH)|\bsk-|\bghp_|xox[bp]-|(?:KEY|SECRET|TOKEN|PASSWORD)\s*=/i

/**
 * The name of a secret as files of settings give it its value. As programs read it, `process.env.API_KEY` or `'API_KEY'`, it is
 * on no such line.
 */
export const SECRET_SETTING = /(?<![\w.'"([])(?:[A-Z][A-Z0-9]*_)*(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)(?:_[A-Z0-9]+)*(?![\w'"\])])|^_?(?:KEYS?|PASS|PWD)=?$/

// In the history of code, a name of lower case is mostly that of a variable; these are words for nothing else.
const SECRET_WORD = /^(?:password|passwd|secrets?|api[-_]?key|access[-_]?key|private[-_]?key|credentials?)s?$/i

/** Whether a search through the history of a project is one for secrets. */
export function seeksSecrets (pattern: string): boolean {
  return SECRET_VALUE.test(pattern) || SECRET_SETTING.test(pattern) || SECRET_WORD.test(pattern)
}
