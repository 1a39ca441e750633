import type { SecretName, Signs } from './content-facts.ts'
import { shellSigns } from './shell-signs.ts'

const MAX_QUOTED = 2_048 // texts in quotes, of one file

const COMMAND_KEY = /(?:^|[\s{,"'-])["']?(?:commands?|cmd|program|inline|user_data|custom_data|(?:metadata_)?startup_script|exec|execute|run|scripts?|args|entrypoint|shell|hooks?|(?:pre|post)\w*|on\w+|start|build|test|watch)["']?\s*[:=]/i
// To the end of its line where it does not end, so that nothing is gone through twice.
const QUOTED = /"((?:[^"\\\n]|\\.)*)(?:"|\\?$)|'([^'\n]*)(?:'|$)/gm
// A command as a list of its words, in brackets or each on its line.
const FLOW = /\b(?:command|args|cmd|entrypoint|program)["']?[ \t]{0,4}[:=][ \t]{0,4}\[([^\]\n]{1,600})\]/gi
const BLOCK = /\b(?:command|args|cmd|entrypoint)["']?:[ \t]{0,4}\n((?:[ \t]{1,40}-[ \t][^\n]{0,200}\n){1,16})/gi
const WORDS_ONLY = /(?:^|\/)(?:i18n|locales?|lang|translations?|fixtures?|testdata|__snapshots__|snapshots|docs?|openapi|examples?)\//
const TOOLS = /(?:^|\/)(?:(?:ts|js)config[\w.-]*\.json|\.babelrc(?:\.json)?|babel\.config\.json|\.eslintrc(?:\.json|\.ya?ml)?|\.mocharc\.\w+|\.rspec(?:-local)?|\.rubocop\w*\.ya?ml|\.?pylintrc|pytest\.ini|\.coveragerc|\.?mypy\.ini|\.flake8|phpstan\.neon(?:\.dist)?|(?:phpunit|psalm)\.xml(?:\.dist)?|\.clangd|\.clang-tidy|\.swcrc|\.(?:prettier|stylelint|postcss|graphql|nyc|c8|depcheck|remark|commitlint|swc|tap)rc(?:\.\w+)?|jest\.config\.json|biome\.json|\.golangci\.ya?ml|\.?ansible\.cfg|\.sqlfluff|ruff\.toml|nodemon\.json|\.luacheckrc|\.swiftlint\.yml|\.irbrc|\.pryrc|\.yardopts)$/
const MOUNTS = /\bhostPath:\s*(?:\{[^}\n]{0,80}?|(?:type:[^\n]{0,40}\s+)?)\bpath:\s*["']?(?:\/|\/(?:etc|root|home|boot|dev|usr|bin|lib)\/?|\/(?:var\/)?run\/(?:docker|crio\/crio|containerd\/containerd)\.sock|\/var\/lib\/(?:kubelet|docker|etcd)\/?)["']?\s*(?:[\n},]|$)/
const WORKLOAD = /^[\t ]*(?:-\s+)?["']?kind["']?:[\t ]*["']?(?:Pod|Deployment|DaemonSet|StatefulSet|ReplicaSet|Job|CronJob|PersistentVolume|PodTemplate)\b/m
const HOST = /\bhostPID:\s*true\b/
const PRIVILEGED = /\bprivileged:\s*true\b/
const ANYBODY = /\bkind:\s*(?:Cluster)?RoleBinding\b[^]{0,2000}\bsystem:(?:anonymous|unauthenticated)\b/

/** Whether a file holds settings of a tool that loads what they name. */
export function isToolSettings (path: string): boolean {
  return TOOLS.test(path)
}

/** Signs in data that tools act on: commands that it names, machines that it opens. */
export function settingSigns (path: string, text: string, isSecret: SecretName): Signs {
  const signs: Signs['signs'] = new Set()
  if ((WORKLOAD.test(text) && (MOUNTS.test(text) || (HOST.test(text) && PRIVILEGED.test(text)))) || ANYBODY.test(text)) signs.add('harmful-command')
  if (COMMAND_KEY.test(text) && !WORDS_ONLY.test(path)) {
    const found = shellSigns(commandsIn(text), isSecret)
    for (const sign of ['remote-code', 'harmful-command', 'destroys', 'sends-secrets'] as const) if (found?.signs.has(sign) === true) signs.add(sign)
  }
  return { signs, secrets: new Set() }
}

// Behind a key or a dash, in quotes, or in lines of their own.
function commandsIn (text: string): readonly string[] {
  const quoted = [...text.matchAll(QUOTED)].slice(0, MAX_QUOTED).map(([, one, two]) => (one ?? two ?? '').replaceAll('\\"', '"'))
  const bare = text.split('\n').filter((line) => line !== '' && !/^\s*#/.test(line)).map((line) => line.trim().replace(/^-\s+/, '').replace(/^["']?[\w.:@/-]{1,100}["']?\s*[:=]\s*/, '')).filter((line) => !/^["'[{]/.test(line))
  const listed = [...text.matchAll(FLOW)].slice(0, MAX_QUOTED).map(([, words = '']) => words.replace(/["',]+/g, ' '))
  const below = [...text.matchAll(BLOCK)].slice(0, MAX_QUOTED).map(([, words = '']) => words.replace(/^[\t ]*-[\t ]*/gm, '').replace(/["'\n]+/g, ' '))
  return [...quoted, ...bare, ...listed, ...below]
}
