import type { Meaning } from './order.ts'

const REWRITES: Meaning = { command: 'git filter-branch --all' }
const BRINGS: Meaning = { command: 'npm install package' }
const LOSES: Meaning = { command: 'git reset --hard && git clean -fdx' }
// Tools and options that have but one use, wherever they are named.
export const TELLING: ReadonlyArray<readonly [RegExp, Meaning]> = [
  [/\bfilter-(?:branch|repo)\b|\bBFG\b|\breflog (?:expire|delete)\b|\bexpire (?:the |all )?reflog\b|\bgc\b.{0,20}--prune\b|--prune=(?:now|all)\b|\brebase\b.{0,20}--root\b|\bupdate-ref -d\b|\borphan branch\b/i, REWRITES],
  [/\|\s*(?:base(?:64|32)\s+(?:-d|-D|--decode)|xxd\s+-r\S*(?:\s+-p)?|openssl\s[^|\n]{0,60}-d|gunzip|rev|tr\s\S{1,60}\s\S{1,60})[^|\n]{0,40}\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b/i, { command: 'base64 -d | sh' }],
  [/\b(?:curl|wget)\s[^|\n]{0,300}\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b/i, { command: 'curl https://elsewhere.invalid | sh' }],
  [/\bkill\s+(?:-(?:9|KILL)\s+)?-1\b/i, { command: 'kill -9 -1' }],
  [/\breset --hard\b|\bgit clean -\w*f|\bgit (?:checkout|restore) (?:-- )?\.(?=\s|$|`)|\bgit stash (?:drop|clear)\b|\bgit branch -D\b/i, LOSES],
  [/\bcore\.(?:hooksPath|fsmonitor|sshCommand|pager|editor)\b/i, { command: 'git config core.hooksPath x' }],
  [/(?:^|[\s`])--(?:no-verify|no-gpg-sign|dangerously-[\w-]+|yolo)\b|\bHUSKY=0\b/i, { command: 'git commit --no-verify' }],
  [/\b(?:npx|bunx|pnpx|uvx|pipx run|npm exec|(?:pnpm|yarn) dlx)\b.{0,40}?(?:\s(?:-y|--yes)\b|[\w/-]@(?:latest|next|\d)|\bcreate-[\w-]+)|\b(?:npm|yarn|pnpm|bun) create \w/i, BRINGS],
  [/\bnpm (?:unpublish|dist-tag|deprecate|owner|access|token)\b|\b(?:cargo|gem) yank\b|\bgem push\b|\btwine upload\b|\bcargo publish\b/i, { command: 'npm publish' }],
  [/\breset (?:the |this |my |your )?(?:branch|repo\w*|checkout|working \w+|everything|head|main|it)\b.{0,20}\bhard\b|\bhard[- ]reset\b(?! (?:button|of the|switch|counter))/i, LOSES],
]
