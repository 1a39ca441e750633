import { programOf, starts } from './started-programs.ts'

// Where what a text does is done unasked: with every test, build or load of a tool. A script is judged when somebody runs it.
const UNASKED = /(?:^|\/)(?:conftest|noxfile|setup|sitecustomize|usercustomize|manage|fabfile|tasks|__init__)\.py$|(?:^|\/)(?:tests?|__tests__|spec|e2e|cypress|features|testing)\/|[._-](?:test|tests|spec|e2e|cy|stories|setup)\.\w+$|(?:^|\/)(?:test_\w+|\w+_(?:test|spec)|\w*[Tt]ests?|\w+Spec|spec_helper|rails_helper|test_helper|(?:global|jest|vitest|test)[._-]?[sS]etup)\.\w+$|\.(?:config|conf|setup|rc)\.[cm]?[jt]sx?$|(?:^|\/)\.[\w.-]*rc\.[cm]?js$|(?:^|\/)\.(?:storybook|vitepress)\/|(?:^|\/)(?:[Gg]ulpfile|[Gg]runtfile|[Rr]akefile|Guardfile|build|Package|Fastfile)(?:\.\w+)*$|(?:^|\/)\.?pnpmfile\.c?js$|(?:^|\/)(?:pre|post)(?:install|build|test|pack|publish)?\.[cm]?js$/
const SCRIPT = /(?:^|\/)(?:scripts?|tools?|bin|ci|release|deploy(?:ment)?|hack|infra|ops|dev|cmd|automation)\/|(?:release|deploy|publish|push|ship|deliver|upload|sync|backup|mirror)[\w.-]*$/i
const LOCAL = String.raw`(?!\S{0,400}(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|host\.docker\.internal))`
const AT = String.raw`(?:^|[;&|(\n]\s*|\b(?:sudo|env|exec|nohup|time|npx|then|do)\s+(?:-\S+\s+)*|\b(?:ba|z|da)?sh\s+-\w*c\s+['"]?)`
const LEAVES = new RegExp(String.raw`${AT}(?:git\s+(?:-\S+\s+(?:[\w.=/-]+\s+)?){0,4}push\b|(?:npm|pnpm|yarn|bun|yarn\s+npm|lerna|changeset|cargo|poetry|uv|flit|hatch|pdm|vsce|ovsx|dart\s+pub|nx\s+release)\s+(?:-\S+\s+)*(?:publish|unpublish|deprecate)\b|twine\s+upload|gem\s+push|(?:docker|podman|buildah|nerdctl)\s+(?:image\s+)?push|docker\s+buildx\s[^;&|\n]{0,200}--push|mvn\s[^;&|\n]{0,100}deploy\b|gradlew?\s[^;&|\n]{0,100}publish|dotnet\s+nuget\s+push|helm\s+(?:upgrade|install|push|uninstall|rollback)|kubectl\s+(?:-\S+\s+)*(?:apply|create|delete|replace|patch|scale|set|rollout|exec|drain)|(?:terraform|tofu|pulumi|cdk|terragrunt)\s+(?:apply|destroy|up|deploy|import)|(?:vercel|netlify|firebase|fly|flyctl|wrangler|serverless|sls|sam|eb|railway|surge|gcloud\s+(?:app|run|functions)|az\s+webapp|heroku\s+container:\w+|ansible-playbook)\s+(?:-\S+\s+)*(?:deploy|publish|up|release|--prod|\S+\.ya?ml)|vercel\s+--prod|gh\s+(?:release|pr|repo|gist|secret|workflow)\s+(?:create|merge|delete|edit|upload|set|run|sync)|aws\s+(?:s3|lambda|ecs|cloudformation|ecr)\s+(?:cp|sync|mv|rm|rb|update-\S+|deploy|delete-\S+|create-\S+)|gsutil\s+(?:-m\s+)?(?:cp|rsync|mv)|(?:ssh|sftp|telnet)\s+(?:-\S+\s+)*${LOCAL}[\w.@$-]+|(?:scp|rsync)\s[^;&|\n]{0,300}\s${LOCAL}(?:[\w.-]+@)?[\w.-]+:|(?:curl|wget)\s(?:[^;&|\n]{0,300}\s)?['"]?(?:https?|ftp):\/\/${LOCAL}\S|(?:nc|ncat|socat)\s+(?:-\S+\s+)*${LOCAL}[\w-]+(?:\.[\w-]+)+)`)
const HARMLESS = /--dry-run\b|--help\b|--version\b|\s-h\b/
// Who fakes what starts programs starts none, and in a repository of the test's own there is nothing to lose.
const FAKED = /(?:mock|stub|patch|spy|replace|allow|setattr|fake)\w{0,40}\(\s*(?:['"](?:node:)?(?:child_process|execa|subprocess|os\.|shelljs|simple-git|\w*\.?subprocess)|(?:cp|child_process|childProcess|subprocess|os|Kernel|Open3)\b)/i
const ELSEWHERE = /\bcwd\s*[:=]\s*(?!['"`](?:\.|\/workspace)|process\.|__dirname|os\.|Path\(|Path\.cwd|import\.meta|ROOT\b|root\b)|\bcwd\s*\}/
// The same by libraries of git, of package registries and clusters.
const LIBRARIES = /\b(?:repo|Repo\([^)\n]{0,80}\)|repository|git\.Repo\([^)\n]{0,80}\))\.(?:remotes?(?:\.\w+|\([^)\n]{0,40}\)|\[[^\]\n]{0,40}\])?|git)\.push\(|\bsimple-?[gG]it\([^)\n]{0,80}\)[^;\n]{0,200}?\.push(?:Tags)?\(|\bporcelain\.push\(|\blibnpmpublish\b|\bsh\.git\.push\(|\bGit\.(?:open|init)\([^)\n]{0,80}\)\.push\b/
const BARE = /(?<![\w.$'"#])(?:system|exec|sh|spawn|`|%x[({[])[ \t]*(?:['"]|(?<=`|[({[])(?=\w))([^'"`\n]{4,300})/g

/** Whether code would push, publish, deploy or ask another machine by itself, as soon as tests, builds or tools start. */
export function delivers (path: string, text: string): boolean {
  const isUnasked = UNASKED.test(path)
  if (path === '' || (!isUnasked && SCRIPT.test(path)) || FAKED.test(text)) return false
  if (isUnasked && LIBRARIES.test(text)) return true
  for (const { by, program, index } of starts(path, text)) {
    if ((!isUnasked && !isAtStart(text, index)) || ELSEWHERE.test(callOf(program))) continue
    if (!by.startsWith('eval') && isDelivery(wordsOf(callOf(program)))) return true
  }
  return /\.(?:rb|rake|pl|pm|t|ex|exs|lua)$|file$/.test(path) && [...text.matchAll(BARE)].slice(0, 256).some(([, command = '']) => isDelivery(command))
}

/** Whether a command of a shell would. */
export function isDelivery (command: string): boolean {
  return LEAVES.test(command) && !HARMLESS.test(command)
}

// What stands at the start of its line runs when the file is read.
function isAtStart (text: string, index: number): boolean {
  const before = text.slice(Math.max(0, index - 200), index)
  const line = before.slice(before.lastIndexOf('\n') + 1)
  return !/^\s/.test(line) && !/=>|\bfunction\b|\bdef\b|\bfunc\b|\bfn\b|[{]\s*$/.test(line)
}

// Up to the end of the call, or of what can be seen of it.
function callOf (given: string): string {
  const rest = programOf(given)
  const end = given.slice(rest.length).search(/\)\s*(?:[;\n]|$)/)
  return end === -1 ? given : given.slice(0, rest.length + end)
}

function wordsOf (call: string): string {
  const words = [...call.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g)].map(([, one, two, three]) => one ?? two ?? three ?? '')
  return words.join(' ').replace(/^(?:\/bin\/|\/usr\/bin\/)?(?:ba|z|da)?sh\s+-\w*c\s+/, '').replace(/^\/(?:usr\/)?bin\//, '')
}
