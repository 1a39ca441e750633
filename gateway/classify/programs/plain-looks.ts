import { named } from './container-looks.ts'
import type { Field } from '../shell/facts.ts'

const WORD = '[A-Za-z0-9@][\\w.@+-]*'
const WORDS = `(?: ${WORD})*`
const looks = (words: string): RegExp => new RegExp(`^(?:${words})$`)

// What is installed here, and what the machine is: nothing of the project is opened, changed or sent. In whole words, since
// one more may install, remove or configure.
const LOOKS: Readonly<Record<string, RegExp | undefined>> = Object.assign(Object.create(null) as Record<string, RegExp>, {
  pnpm: looks('(?:licenses|licences) (?:list|ls)(?: --(?:json|long|prod|dev))*|store path|config get (?:store-dir|registry|node-linker)|bin|root'),
  bun: looks('pm (?:ls|bin|cache|hash)(?: --all| -g)*'),
  uv: looks('python (?:list|dir|find)(?: --only-installed| [\\d.]+)*|tool (?:list|dir)|cache dir|version(?: --short)?|export(?: --(?:format[ =]requirements-txt|no-hashes|no-dev|no-header|frozen|locked|all-extras|quiet)| -q)*'),
  poetry: looks('version(?: -s| --short)?|env (?:list|info)(?: --path| -p| --full-path)*|export(?: (?:-f|--format)[ =]requirements\\.txt| --without-hashes| --(?:with|without|only)[ =]\\w+)*|config virtualenvs\\.[\\w-]+'),
  pyenv: looks('local|global|shims|prefix|commands|completions|hooks exec'),
  pip: looks('cache (?:dir|info|list)|config debug'),
  jupyter: looks('kernelspec list|nbextension list|labextension list|--paths|--version'),
  conda: looks('env list|info(?: --envs| -e)?|list(?: -n \\w+)?|config --show (?:channels|channel_priority)'),
  rustup: looks(`toolchain list(?: -v)?|(?:target|component) list(?: --installed)?|which ${WORD}|default|override list|check|doc --path`),
  gem: looks(`env(?:ironment)?(?: gemdir| gempath| version| platform)?|(?:which|contents|specification|dependency|unpack --spec)${WORDS}|search --local${WORDS}|query --local|stale`),
  bundle: looks('config get (?:path|without|with|jobs|frozen|deployment|bin|gemfile)|licenses|env --no-config|clean --dry-run'),
  composer: looks('(?:why|why-not|depends|prohibits|suggests|browse --show)(?: -[rt]| --(?:recursive|tree|locked))*(?: [a-z0-9][\\w./-]*)+(?: [\\d.^~*]+)?|audit(?: --(?:no-dev|locked|format=\\w+|abandoned=\\w+))*|fund|status'),
  luarocks: looks(`(?:list|show|which|doc --list)(?: --(?:porcelain|local|tree=lua_modules))*${WORDS}`),
  dart: looks('pub (?:deps|outdated)(?: --(?:style=\\w+|no-dev|json|no-dev-dependencies))*|info|--version'),
  flutter: looks('pub (?:deps|outdated)(?: --(?:style=\\w+|no-dev|json|no-dev-dependencies))*|config --list|channel|emulators'),
  terraform: looks('state list|workspace (?:list|show)|providers schema -json|test(?: -(?:verbose|json|no-color|filter=[\\w./-]+|test-directory=\\w[\\w/-]*))*'),
  tofu: looks('state list|workspace (?:list|show)|test(?: -(?:verbose|json|no-color|filter=[\\w./-]+|test-directory=\\w[\\w/-]*))*'),
  adb: looks('devices(?: -l)?|version|(?:-[de] |-s [\\w.:-]+ )?(?:logcat -d(?: -t \\d+| -s| -v \\w+| [\\w*]+:[VDIWEFS])*|shell (?:getprop(?: [\\w.]+)?|pm (?:list (?:packages|features)|path [\\w.]+)(?: -\\w)?|dumpsys (?:meminfo|gfxinfo|battery|window|cpuinfo|package)(?: [\\w.]+)?|wm (?:size|density)|df|uptime)|get-state)'),
  xcrun: looks('(?:simctl list(?: (?:devices|runtimes|devicetypes|available|booted|-j|--json))*|--(?:show-sdk-(?:path|version|platform-path)|version)|(?:--sdk \\w+ )?(?:--find|-f|--show-sdk-path) ?[\\w.+-]*)'),
  xcodebuild: looks('-(?:list|version|showsdks|showdestinations)(?: -(?:json|scheme [\\w-]+|project [\\w./-]+|workspace [\\w./-]+))*'),
  kind: looks('get clusters|version'),
  minikube: looks('status|version|profile list'),
  mise: looks('env --dotenv --redacted|settings ls|tasks ls|plugins ls'),
  lsb_release: looks('-[airdcs]+'),
  ip: looks('(?:-[46brc]+ |-(?:br|brief|color) )*(?:a|addr|address|l|link|r|route|neigh)(?: show| list| get (?:127\\.0\\.0\\.1|1\\.1\\.1\\.1|8\\.8\\.8\\.8))?(?: dev \\w+)?'),
  ifconfig: looks('(?:-a|lo|eth0)?'),
  iostat: looks('(?:-[cdhkmxz]+ ?)*(?:1 [1-9])?'),
  mpstat: looks('(?:-P ALL ?)?(?:1 [1-9])?'),
  timedatectl: looks('(?:status|show)?'),
  ldconfig: looks('-p'),
  dpkg: looks(`(?:-l|-s|-L|--list|--status|--listfiles|--print-architecture|--get-selections)${WORDS}`),
  'dpkg-query': looks(`(?:-l|-W|-s|-L)(?: -f=?\\S+)?${WORDS}`),
  apt: looks(`(?:list --(?:installed|upgradable)|list|show|policy|search)${WORDS}`),
  'apt-cache': looks(`(?:policy|show|search|depends|rdepends|madison)${WORDS}`),
  rpm: looks(`-q[ail]*${WORDS}`),
  apk: looks(`(?:info|list --installed|version)(?: -[vaL]+)?${WORDS}`),
  brew: looks(`(?:list|ls|leaves|config|--prefix|info|outdated|deps)(?: --versions| --formula| --cask)?${WORDS}`),
  pacman: looks(`-Q[ilqs]*${WORDS}`),
  sysctl: looks('(?:-n )?[a-z][\\w.]+|-a'),
  stty: looks('size|-a'),
  ping: looks('(?:-[cwWi] ?\\d+ |-q |-n )*(?:localhost|127\\.0\\.0\\.1|::1)'),
  jcmd: looks('(?:-l|\\d+ (?:GC\\.heap_info|GC\\.class_histogram|Thread\\.print|VM\\.(?:version|flags|uptime|system_properties -h)|help))'),
  jmap: looks('-histo(?::live)? \\d+'),
  psql: looks('(?:-h (?:localhost|127\\.0\\.0\\.1) |-p \\d+ |-U \\w+ )*(?:-l|--list)'),
})

/** The name under which rules know a look that is asked in plain words. */
const LOOK = 'local-query'

/** A look at what is installed here or at the machine, when the words ask nothing else; null for any other. */
export function plainLook (program: string, words: readonly string[]): readonly Field[] | null {
  return LOOKS[program]?.test(words.join(' ')) === true ? named(LOOK, [program]) : null
}
