import type { Syntax } from './shell-syntax.ts'

/** A pattern that is on every line, or on every line of a file of settings. */
export const ANYTHING = /^(?:\^|\$|\.[*+]?|\\[sSwW][*+]?|=|\[\^[^\]]*\][*+]?)*$|^\^?(?:\(?export\s*\)?\??)?(?:\[A-Za-z_\]|\[(?:[A-Z0-9_a-z-]*A-Z|\[:(?:upper|alpha|alnum):\])[A-Z0-9_a-z-]*\][*+]?|\\w[*+])+\s*=/

/** A pattern of what secrets look like. */
export const SECRET_VALUE = /AKIA|BEGIN.*(?:PRIVATE|RSA|OPENSSH)|\bsk-|\bghp_|xox[bp]-|[sr]k_(?:live|test)|\bglpat-|\bAIza|\beyJ|hooks\.slack|A-Z[^\]]*\](?:\{(?:[2-9]\d|\d{3})|\\\{[2-9]\d)|(?:KEY|SECRET|TOKEN|PASSWORD)\s*=/i

/**
 * The name of a secret as files of settings give it its value. As programs read it, `process.env.API_KEY` or `'API_KEY'`, it is
 * on no such line.
 */
export const SECRET_SETTING = /(?<![\w.'"([])(?:[A-Z][A-Z0-9]*_)*(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)(?:_[A-Z0-9]+)*(?![\w'"\])])|^_?(?:KEYS?|PASS|PWD)=?$/

// What a page of a project's whole history is put through; the diff of one commit is looked at as such.
const HISTORY = /^git (?:--no-pager )?(?:log|rev-list|reflog)\b.* (?:-[a-z]*p[a-z]*|-u|--patch)(?: |$)|^git stash show -p/

// In the history of code, a name of lower case is mostly that of a variable; these are words for nothing else.
const SECRET_WORD = /^(?:password|passwd|secrets?|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|(?:database|db|redis|mongo\w*|postgres\w*)_ur[li])=?$/i

/** Whether a search through the history of a project is one for secrets. */
export function seeksSecrets (pattern: string): boolean {
  return SECRET_VALUE.test(pattern) || SECRET_SETTING.test(pattern) || pattern.split(/\\?\|/).some((part) => SECRET_WORD.test(part))
}

/** Whether a stage of a pipeline prints a project's history and the next one keeps what looks like secrets: `git log -p | grep API_KEY`. */
export function siftsHistory (stage: Syntax, next: Syntax | undefined): boolean {
  if (next === undefined || !HISTORY.test(stage.text) || !/^(?:[ef]?grep|rg|ag)$/.test(next.children[0]?.text ?? '')) return false
  return next.children.slice(1).some(({ text }) => !text.startsWith('-') && seeksSecrets(text.replace(/^(['"])(.*)\1$/s, '$2')))
}
