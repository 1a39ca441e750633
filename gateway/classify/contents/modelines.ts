// What editors obey of a text that somebody only opens.
const VIM = /(?:^|\s)(?:vim?|ex):[^\n]{0,200}\b(?:system(?:list)?|libcall\w*|job_start|execute|py3?eval|luaeval)\s*\(/
const EMACS = /\b(?:eval|mode-line-format):\s?\(?[^\n]{0,40}\((?:shell-command\w*|call-process\w*|start-process\w*|load(?:-file)?|url-\w+)\b/

/** Whether an editor that opens a text, of whatever kind, would start something. */
export function startsFromEditors (text: string): boolean {
  return VIM.test(text) || EMACS.test(text)
}
