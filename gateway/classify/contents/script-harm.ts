import type { ContentSign } from '../../core/tool-call.ts'
import { runsFetched } from './fetched-code.ts'

const MAX_TEXT = 65_536 // of a script that is looked at as a whole; longer ones go line by line
const MAX_NAMES = 32 // of files that a script fetches

const HOME = String.raw`"?(?:~|\$\{?HOME\}?|\/root|\/home\/\w+)"?\/`
const STARTS = String.raw`(?:${HOME}\.(?:bash(?:rc|_profile|_login|_logout|_aliases)|profile|z(?:shrc|shenv|profile|login)|inputrc|gitconfig|vimrc|tmux\.conf|config\/(?:fish|autostart|systemd|git)\b)|\/etc\/(?:profile|cron|rc\.local|sudoers|ld\.so|systemd|init\.d|environment|passwd|shadow|hosts|bash\.bashrc|pam\.d)|\S*\.git\/hooks\/(?!\S{0,64}\.sample))`
const RULES = String.raw`(?:\S*\bpolicies\/[\w./*-]*(?:\.(?:ya?ml|rego|json)|\*)|\S*\bweir\.ya?ml|\S*\bopencode\.jsonc?|\S*\.opencode\/\S*|\S*\bAGENTS\.md|\S*\bCLAUDE\.md)`
// Writes what starts later, or what holds the agent back.
const PERSISTS = new RegExp([
  String.raw`>>?\s*["']?(?:${STARTS}|${RULES})`,
  String.raw`\btee\s+(?:-a\s+)?["']?(?:${STARTS}|${RULES})`,
  String.raw`\b(?:cp|mv|ln|install|rsync)\s[^;&|\n]{0,300}\s["']?(?:\S*\.git\/hooks(?:\/\S*)?|\/etc\/(?:cron|systemd|init|profile|sudoers)\S*|${HOME}\.config\/(?:autostart|systemd)\S*)["']?\s*(?:$|[;&|)])`,
  String.raw`\b(?:sed\s+(?:-\w+\s+){0,3}-\w*i|perl\s+-\w*i|yq\s[^;&|\n]{0,100}-i|truncate|rm|unlink|chmod)\s[^;&|\n]{0,300}?\s?["']?(?:${RULES}|${STARTS})`,
  String.raw`(?:^|[;&|(]\s*)(?:sudo\s+)?crontab\s+(?!-l\b)\S|\|\s*crontab\b|\|\s*at\s+\S|(?:^|[;&|(]\s*)(?:at|batch)\s+(?:now|-f|\d|noon|midnight|tomorrow)`,
  String.raw`\bsystemctl\s+(?:--user\s+)?enable\b|\blaunchctl\s+(?:load|bootstrap)\b|\bupdate-rc\.d\b|\bloginctl\s+enable-linger\b|\bschtasks\s`,
  String.raw`\bgit\s+config\s+(?:--\w+\s+){0,3}(?:core\.(?:hooksPath|fsmonitor|sshCommand|pager|editor)|sequence\.editor|credential\.helper|init\.templateDir|alias\.\w+)\s+["']?(?:\/|~|!|\$HOME|https?:)`,
  String.raw`\b(?:useradd|adduser|usermod|chpasswd|visudo)\s`,
].join('|'))
// A script that is another one as soon as it has been started: what was read of it is not what runs.
const ITSELF = String.raw`["']?\$(?:\{?BASH_SOURCE(?:\[0\])?\}?|\{?0\}?(?!\w))["']?(?=\s|$|[;&|)])`
const CHANGES_ITSELF = new RegExp(String.raw`(?<![<&\d])>>?\s*${ITSELF}|\b(?:sed\s+(?:-\w+\s+){0,3}-\w*i|perl\s+-\w*i|tee\s|(?:curl|wget)\s[^;&|\n]{0,300}\s-\w*[oO]\s)(?:"[^"\n]{0,400}"|'[^'\n]{0,400}'|[^;&|\n"']){0,200}?${ITSELF}|\b(?:cp|mv|install)\s[^;&|\n]{1,300}?\s${ITSELF}\s*(?:$|[;&|)])`)
const OPENS = /\bchmod\s+(?:-R\s+)?(?:[ugo]*\+\w*s|[24]7\d\d|6\d{3})\s|\bsetcap\s|\bssh\s[^;&|\n]{0,200}-\w*R\s*\S*\d+:|\b(?:ngrok|cloudflared)\s+(?:http|tcp|tunnel)\b|\bln\s+-s\w*\s+["']?(?:~|\$\{?HOME\}?|\/root|\/home\/\w+)\/\.(?:ssh|aws|gnupg|kube|docker|netrc|npmrc|config\/g)|\bGIT_CONFIG_(?:KEY_\d+|PARAMETERS)=["']{0,2}(?:core\.(?:fsmonitor|sshCommand|hooksPath|pager|editor|gitProxy|askPass)|alias\.|filter\.|diff\.\w+\.command|credential\.helper)|\bmount\s+--bind\b|\bdocker\s+run\s[^;&|\n]{0,300}(?:-v\s*["']?(?:\/|~|\$\{?HOME\}?|\/root|\/home\/\w+)\/?["']?:|--privileged\b[^;&|\n]{0,200}-v\s*\/|--pid[= ]host)/
const FOREVER = String.raw`(?:while\s+(?::|true|\[\s*1\s*\]|\(\(\s*1\s*\)\)|\[\s+true\s+\])|until\s+false|for\s*\(\(\s*;\s*;\s*\)\))\s*;?\s*do\b`
const LOOP = new RegExp(String.raw`\b${FOREVER}([^]{0,300}?)\bdone\b`, 'g')
// Waits, or comes to an end.
const PAUSES = /\b(?:sleep|read|break|exit|return|shift|wait|inotifywait|tail|select|nc|curl|kill|timeout)\b/
const GROWS = /^[\s;:]*$|>>|&\s*(?:;|$)|&\s|\b(?:mkdir|touch|cp|fallocate|dd|fork)\b/
const FILLS = /\byes\b[^|;&\n]{0,100}>\s*(?!\/dev\/null)["'\w./~$]|\bcat\s+\/dev\/(?:zero|u?random)\s*(?:>|\|\s*tee)|\bfallocate\s+(?:-\w+\s+)*-l\s*(?:\d+T|\d{3,}G)|\bkill\s+-(?:9|KILL|SIGKILL)\s+-1\b|\b(?:xmrig|minerd|cpuminer|cgminer|ethminer)\b|\bstratum\+tcp:/i
const BOMB = /(?<![\w:])([\w:]{1,40})\s*\(\)\s*\{\s*\1\s*\|\s*\1\s*&/
// All that git keeps, one file after the other.
const EACH_KEPT = /\bgit\s+ls-files(?:\s+(?:-z|-c|--cached|--))*(?:\s+['"]?(?:src|lib|app|apps|packages|internal|cmd|tests?)\/?['"]?)?\s*\|\s*(?:tr\s[^|\n]{1,40}\|\s*)?xargs\s[^\n|;&]{0,60}\b(?:truncate|shred|rm|unlink)\b|\bgit\s+ls-files(?:\s+(?:-z|-c|--))*(?:\s+['"]?(?:src|lib|app|apps|packages|internal|cmd|tests?)\/?['"]?)?\s*\|\s*while\s+(?:IFS=\S*\s+)?read\s+(?:-\w+\s+(?:''\s+)?){0,3}(\w{1,20})\s*;?\s*do\b[^]{0,200}?(?:\bof=|\b(?:truncate|shred|rm|unlink)\s[^\n;&|]{0,40}?|(?::|\btrue)?\s>\s?)["']?\$\{?\1\b|\bfor\s+(\w{1,20})\s+in\s+(?:\$\(|`)git\s+ls-files(?:\s+['"]?(?:src|lib|app|apps|packages|internal|cmd|tests?)\/?['"]?)?(?:\)|`)[^]{0,200}?(?:\bof=|\b(?:truncate|shred|rm|unlink)\s[^\n;&|]{0,40}?|(?::|\btrue)?\s>\s?)["']?\$\{?\2\b/
// Another one's keys, as they lie open.
const OTHERS_AGENT = /\bSSH_AUTH_SOCK=["']?(?:\$\([^)\n]{0,60}|`[^`\n]{0,60})?\/tmp\/ssh-|\bgit\s+credential(?:-\w+)?\s+(?:fill|get)\b/
const LISTED = /(?:^|[;&|(]\s*)(?:env|printenv|export\s+-p|declare\s+-[xp]+)(?:\s*\|\s*(?:sort|grep\s[^|>\n]{0,60})){0,2}\s*>>?\s*["']?(?!\/tmp\/|\/dev\/null|\$)([\w./-]{1,100})/
const COMMITS = /\bgit\s+(?:add|commit|push)\b/
const COPIES = /\bdd\s[^;&|\n]{0,100}\bif=\/dev\/(?:zero|u?random)\b[^;&|\n]{0,200}/
const ARCHIVES = /\b(?:tar\s+-{0,1}\w*c\w*\s(?:[^|;&\n]{0,200}\s)?(?:\.|src|\.git|\/workspace|\*|app|apps|packages|lib)\/?(?=[\s|;&]|$)|git\s+(?:archive|bundle\s+create|log\s+-p|diff|format-patch)\b|zip\s+-\w*r\w*\s+\S+\s+(?:\.|src|\.git|\/workspace|\*)\/?(?=[\s|;&]|$)|cat\s+[^|;&\n]{0,100}(?:src|lib|app)\/\S*\*)/
const UPLOADS = /\b(?:curl|wget|http)\s[^;&\n]{0,300}(?:-\w{0,6}T\b|--upload-file|-\w{0,6}F\s|--form|-\w{0,6}d\s*["']?(?:@|\$\((?:git\s+(?:log\s+-p|diff|bundle|archive)|tar\s))|--data(?:-binary|-raw)?[= ]@|--post-file|--body-file|\s@)[^;&\n]{0,300}|\b(?:nc|ncat|telnet)\s+(?:-\S+\s+)*(?!localhost|127\.)[\w-]+(?:\.[\w-]+)+\s+\d|\bopenssl\s+s_client\b/
const REMOTE = /\b(?:https?|ftp):\/\/(?!localhost\b|127\.|0\.0\.0\.0|\[::1\])|\b(?:nc|ncat|telnet|openssl)\s/
const FETCHES = /\b(?:curl|wget)\s[^;&|\n]{0,300}?https?:\/\/(?!localhost|127\.)([^\s"';&|)]{1,300})[^;&|\n]{0,200}/g
const CLONES = /\bgit\s+clone\s+(?:-\S+\s+(?:\d+\s+)?){0,6}https?:\/\/\S{1,200}\s+([\w./~-]{2,100})(?=\s|$|[;&|])/g
const CHECKED = /\b(?:sha\d+sum|shasum|md5sum|gpg\s+--verify|cosign|minisign|openssl\s+dgst)\b/g

/** What commands do, each a line, beside reading and destroying: signs of what is left behind, opened, filled up or sent away. */
export function scriptHarm (lines: readonly string[]): readonly ContentSign[] {
  const found = new Set<ContentSign>()
  const text = lines.join('\n').slice(0, MAX_TEXT)
  for (const line of lines) {
    if (PERSISTS.test(line)) found.add('persists')
    if (OPENS.test(line)) found.add('harmful-command')
    if (FILLS.test(line) || BOMB.test(line) || copiesMuch(line)) found.add('endless')
    if (CHANGES_ITSELF.test(line) || (/\s-[ce]\s/.test(line) && runsFetched(line.slice(0, 4_096)))) found.add('remote-code')
  }
  if ([...text.matchAll(LOOP)].some(([, body = '']) => !PAUSES.test(body) && GROWS.test(body))) found.add('endless')
  if (EACH_KEPT.test(text)) found.add('destroys')
  if (lines.some((line) => OTHERS_AGENT.test(line) && !/^\s*(?:echo|printf)\s[^|]*$/.test(line)) || (lines.some((line) => LISTED.test(line)) && COMMITS.test(text))) found.add('reads-secret')
  if (sendsSources(lines)) found.add('delivers')
  if (runsDownload(text)) found.add('remote-code')
  return [...found]
}

function copiesMuch (line: string): boolean {
  const [copy] = COPIES.exec(line) ?? []
  if (copy === undefined || !/\bof=(?!\/dev\/null)/.test(copy)) return false
  const [, count] = /\bcount=(\d+)/.exec(copy) ?? []
  const [, size = '512', unit = ''] = /\bbs=(\d+)([kKmMgG]?)/.exec(copy) ?? []
  const bytes = Number(size) * ({ k: 1e3, m: 1e6, g: 1e9 }[unit.toLowerCase()] ?? 1) * Number(count)
  return count === undefined || bytes > 2e10
}

function sendsSources (lines: readonly string[]): boolean {
  return lines.some((line) => UPLOADS.test(line) && REMOTE.test(line)) && lines.some((line) => ARCHIVES.test(line)) &&
    (lines.some((line) => ARCHIVES.test(line) && UPLOADS.test(line)) || lines.some((line) => UPLOADS.test(line) && /\.(?:tgz|tar|zip|bundle|gz|bz2|xz|patch|diff)\b/.test(line)))
}

// A file that is fetched and started, with nobody looking at its sum.
function runsDownload (text: string): boolean {
  // What is fetched behind the last check is another file than the one that was looked at.
  const checked = [...text.matchAll(CHECKED)].at(-1)
  const unchecked = checked === undefined ? text : text.slice(checked.index)
  const names = [...unchecked.matchAll(FETCHES)].slice(0, MAX_NAMES).flatMap(([command, url = '']) => {
    const [, given] = /\s(?:-\w*[oO]|--output(?:-document)?|>)[= ]?\s*["']?([\w./~${}-]{1,100})/.exec(command) ?? []
    const last = url.split(/[?#]/)[0]?.split('/').at(-1) ?? ''
    const name = given === undefined || /^https?\b|^-/.test(given) ? last : given
    return name === '' || name === '-' || name === '/dev/null' ? [] : [name.replace(/^\.\//, '')]
  })
  if (checked === undefined && runsClone(text)) return true
  if (names.length === 0) return false
  const either = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  return new RegExp(String.raw`(?:^|[;&|(]\s{0,8}|\b(?:then|do|sudo|exec|nohup)\s)[ \t]{0,40}(?:(?:(?:ba|z|da)?sh|source|\.|python3?|node|perl|ruby|php|bash\s+-\w+)\s+["']?(?:\.\/)?|["']?(?:\.\/|(?=\/|~|\$)))(?:${either})(?=["'\s;&|)]|$)`, 'm').test(text)
}

// A repository of a stranger, and a program in it.
function runsClone (text: string): boolean {
  return [...text.matchAll(CLONES)].slice(0, MAX_NAMES).some(([, folder = '']) =>
    new RegExp(String.raw`(?:^|[;&|(]\s{0,8}|\b(?:(?:ba|z|da)?sh|source|exec|sudo)\s)["']?(?:\./)?${folder.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}/[\w./-]*\w(?=["'\s;&|)]|$)`, 'm').test(text))
}
