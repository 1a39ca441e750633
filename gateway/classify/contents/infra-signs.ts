import type { ContentSign } from '../../core/tool-call.ts'
import type { SecretName } from './content-facts.ts'

const MAX_TASKS = 256 // of one playbook

const FOREIGN = String.raw`https?:\/\/(?!localhost\b|127\.|10\.|192\.168\.|\$|\{|[\w-]+(?::\d+)?(?:[/'"\s]|$)|(?:[\w-]+\.)+(?:internal|corp|local|lan|svc)\b)`
// Folders in which a machine keeps what nobody can make again.
const KEPT = String.raw`(?:\/(?:var\/lib\/(?:postgres\w*|pgsql|mysql|mariadb|mongo\w*|redis|etcd|docker|kubelet|elasticsearch|rabbitmq|cassandra)|srv|data|home|etc|usr|boot|var|root|var\/(?:lib|www|backups?|mail))\/?\*?)(?=["'\s,}]|$)`
const PLAYBOOK = /^[\t ]*(?:-[\t ]*)?hosts:[\t ]*\S/m
const PRODUCTION = /^[\t ]*(?:-[\t ]*)?hosts:[\t ]*["']?(?:all|[\w.:!&-]*prod\w*)["']?[\t ]*$/m
const REMOVES = new RegExp(String.raw`\brm\s+-\w*[rR]\w*\s+(?:-\S+\s+)*${KEPT}`)
const REMOVES_OF_ALL = /\brm\s+-\w*[rR]\w*\s+(?:-\S+\s+)*\/(?:srv|data|var|home|mnt|media)\/[\w.-]+\/?\*?(?=["'\s]|$)/
const ABSENT = new RegExp(String.raw`\b(?:path|dest|name):\s{0,4}["']?${KEPT}[^]{0,120}?\bstate:\s{0,4}["']?absent\b|\bstate:\s{0,4}["']?absent\b[^-]{0,80}?\bpath:\s{0,4}["']?${KEPT}`)
const STORE_ABSENT = /\b(?:mysql_db|postgresql_db|mongodb_\w{1,20}|rds_instance|ec2_instance|k8s|s3_bucket|docker_volume|lvol|filesystem):[^]{0,160}?\bstate:\s{0,4}["']?absent\b/
const FETCHED = new RegExp(String.raw`\bget_url:([^]{0,80}?\burl:\s{0,4}["']?${FOREIGN}[^]{0,300}?)\bdest:\s{0,4}["']?([\w./-]{2,200})`, 'g')
const KEY_FROM = /\bauthorized_key:[^]{0,160}?\bkey:\s{0,4}["']?https?:\/\/(?!github\.com\/|gitlab\.com\/)/
const LOOKED_UP = /\blookup\(\s{0,4}['"](?:ansible\.builtin\.)?(?:file|unvault|ini|csvfile)['"]\s{0,4},\s{0,4}['"]([^'"\n]{1,200})['"]/g
// What a cluster lets anybody do, or asks a stranger about.
const ALL_MEMBERS = /\bkind:\s{0,4}ClusterRoleBinding\b/
const ADMIN = /\bcluster-admin\b/
const ANYBODY = /\bsystem:(?:authenticated|serviceaccounts)\b/
const WEBHOOKS = /\bkind:\s{0,4}(?:Mutating|Validating)WebhookConfiguration\b/
const ASKED = new RegExp(String.raw`\burl:\s{0,4}["']?${FOREIGN}`)
const TOKEN = /\b(?:curl|wget|nc|ncat)\s[^\n]{0,300}\/serviceaccount\/token|\/serviceaccount\/token[^\n]{0,200}\|[^\n]{0,60}\b(?:curl|wget|nc|ncat)\s/
const MINES = /\bstratum\+(?:tcp|ssl):\/\/|["'/\s](?:xmrig|minerd|cpuminer|ethminer)\b/
const FOREIGN_TOKEN = new RegExp(FOREIGN)
// A cluster, or all of a store, taken down by something that runs in it.
const TAKES_DOWN = /\b(?:kubectl|oc)\s+(?:-\S+\s+(?:(?!-)[\w-]+\s+)?){0,6}delete\s+(?:(?:ns|namespaces?|pv|pvc|persistentvolume\w*|nodes?|crds?|all|deploy\w*|statefulset\w*|sts|secrets?)\b[^;&|\n"']{0,200}(?:--all\b|-A\b|\bprod\w*)|(?:ns|namespaces?)\s+\w)|\b(?:terraform|tofu|pulumi|terragrunt)\s+destroy\b|\baws\s+s3\s+(?:rb\s+[^;&|\n]{0,200}--force|rm\s+[^;&|\n]{0,200}--recursive)|\baws\s+(?:rds|ec2|dynamodb|eks)\s+(?:delete|terminate)-\w+|\bredis-cli\s[^;&|\n]{0,200}\bflushall\b|\bdropdb\s|\b(?:psql|mysql)\s[^;&|\n]{0,200}\bdrop\s+(?:database|schema)\b|\bdropDatabase\(\)/i
// Terraform and its like: what is opened to everybody, and who may do everything.
const INGRESS = /\b(?:type\s*=\s*"ingress"|ingress\s*(?:=\s*\[\s*)?\{)([^]{0,400})/g
const WORLD = /"(?:0\.0\.0\.0\/0|::\/0)"/
const ALL_PORTS = /\bprotocol\s*=\s*"?(?:-1|all)"?(?!\w)|\bfrom_port\s*=\s*0\b[^]{0,80}?\bto_port\s*=\s*65535\b|\bfrom_port\s*=\s*(?:5432|3306|6379|27017|9200|2375|3389|11211)\b/
const ALL_RIGHTS = /\bresource\s+"aws_iam_user_policy_attachment"[^]{0,300}?\/(?:AdministratorAccess|IAMFullAccess)"|\bPrincipal["']?\s*[:=]\s*(?:["']\*["']|\{\s*["']?AWS["']?\s*[:=]\s*\[?\s*["']\*["'])[^]{0,200}?\bAction["']?\s*[:=]\s*\[?\s*["'](?:\*|\w+:\*|sts:AssumeRole)["']|\broles?\s*=\s*"roles\/(?:owner|editor)"[^]{0,120}?"(?:allUsers|allAuthenticatedUsers)"/
const PUBLIC = /\bpublicly_accessible\s*=\s*true\b|\brole\s*=\s*"roles\/owner"[^}]{0,200}"(?:user:|allUsers|allAuthenticatedUsers)/
const BALANCED = /\btype:\s{0,4}LoadBalancer\b/
const DATABASE_PORT = /\bport:\s{0,4}(?:5432|3306|6379|27017|9200|2379)\b/
const MIRRORS = /(?:^|[;{])[\t ]*mirror\s+\//m
const PASSED_ON = new RegExp(String.raw`\bproxy_pass\s+${FOREIGN}`)

/** Signs in what describes machines, clusters and clouds: what would be taken away from, or opened on, those that others use. */
export function infraSigns (path: string, text: string, isSecret: SecretName): readonly ContentSign[] {
  const signs = new Set<ContentSign>()
  if (PLAYBOOK.test(text)) playbookSigns(text, isSecret, signs)
  if (text.split(/^---/m).some(opensCluster) || (MIRRORS.test(text) && PASSED_ON.test(text)) || ALL_RIGHTS.test(text) || opensPorts(text) || PUBLIC.test(text) || (BALANCED.test(text) && /\b0\.0\.0\.0\/0/.test(text) && DATABASE_PORT.test(text))) signs.add('harmful-command')
  if (TOKEN.test(text) && FOREIGN_TOKEN.test(text)) signs.add('sends-secrets')
  if (MINES.test(text)) signs.add('endless')
  if (!/(?:^|\/)(?:tests?|e2e|fixtures|docs?|examples?)\//.test(path) && TAKES_DOWN.test(text.replace(/^[\t ]*#[^\n]*/gm, '').replace(/[[\],'"]+/g, ' '))) signs.add('destroys')
  return [...signs]
}

function playbookSigns (text: string, isSecret: SecretName, signs: Set<ContentSign>): void {
  if (REMOVES.test(text) || ABSENT.test(text) || (PRODUCTION.test(text) && REMOVES_OF_ALL.test(text))) signs.add('destroys')
  if (PRODUCTION.test(text) && STORE_ABSENT.test(text)) signs.add('destroys')
  if (/\bsudoers\b/.test(text) && /\bNOPASSWD:\s?ALL\b/.test(text)) signs.add('harmful-command')
  if (KEY_FROM.test(text)) signs.add('harmful-command')
  for (const { index, 0: found, 1: between = '', 2: file = '' } of [...text.matchAll(FETCHED)].slice(0, MAX_TASKS)) {
    const rest = text.slice(index + found.length, index + found.length + 2_000)
    if (/\bchecksum:/.test(between) || /^[^]{0,160}?\bchecksum:/.test(rest.split(/\n[\t ]*-[\t ]/)[0] ?? '')) continue
    if (new RegExp(String.raw`\b(?:command|shell|script|raw|cmd):\s{0,4}["']?(?:(?:ba)?sh\s+|sudo\s+)?${file.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?=["'\s]|$)`).test(rest)) signs.add('remote-code')
  }
  const isSent = /\b(?:uri|url):/.test(text) && FOREIGN_TOKEN.test(text)
  if ([...text.matchAll(LOOKED_UP)].slice(0, MAX_TASKS).some(([, name = '']) => isSent && isSecret(name) !== null)) signs.add('sends-secrets')
}

function opensCluster (text: string): boolean {
  return (ALL_MEMBERS.test(text) && ADMIN.test(text) && ANYBODY.test(text)) || (WEBHOOKS.test(text) && ASKED.test(text))
}

function opensPorts (text: string): boolean {
  return [...text.matchAll(INGRESS)].slice(0, MAX_TASKS).some(([, rest = '']) => {
    const block = rest.split(/\begress\b|\bresource\s+"/)[0] ?? ''
    return WORLD.test(block) && ALL_PORTS.test(block)
  })
}
