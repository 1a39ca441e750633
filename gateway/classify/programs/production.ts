import type { Field } from '../shell/facts.ts'

/** The name under which rules know a change of what runs in production: it needs what publishing needs. */
export const PRODUCTION_CHANGE = 'production-change'

const PRODUCTION = /(?:^|[._:-])(?:prod|production|prd|live)(?:$|[._:-])/i
const STAGE = /^(?:\w+_)?(?:ENV|ENVIRONMENT|STAGE|PROFILES_ACTIVE|SETTINGS_MODULE|CONFIGURATION)$/
const ADDRESS = /^(?:\w+_)?(?:DATABASE|DB|POSTGRES|MYSQL|MONGO|MONGODB)_(?:URL|URI|DSN)$/
// A name without a dot is this machine's, or a container's beside it.
const ELSEWHERE = /^[\w+]+:\/\/(?:[^/@]*@)?(?!localhost|127\.|0\.0\.0\.0|host\.docker\.internal)(?:[^/:?]*[.]|[^/:?]*\bprod)/
const STAGE_OPTION = /^(?:-[edP]|--(?:env|environment|stage|settings|profile|profiles|target|database))$/
// A text that says where a database is: of this machine, or a file.
const CONNECTION_OPTION = /^--(?:connection|connection-string|database-url|db-url)$/
const CONNECTION_HERE = /(?:server|host|data source|addr(?:ess)?)\s*=\s*(?:tcp:)?(?:localhost|127\.0\.0\.1|\(localdb\)|\.(?=[\\;,]|$)|[\w./-]+\.(?:db|sqlite3?)|:memory:)|:\/\/(?:[^/@]*@)?(?:localhost|127\.0\.0\.1)|^sqlite/i

// What changes a database or fills it, as frameworks and the scripts of projects call it.
const TASK = new RegExp([
  '^db:(?!version|migrate:status|test|abort|schema:dump|structure:dump)[\\w:]+$',
  '^migration:(?:run|revert)$|^schema:(?:sync|drop)$|^:?(?:[\\w-]+:)*flywayMigrate$|^(?:flyway|liquibase):(?:migrate|update|repair|undo)$',
  '^ecto\\.(?!migrations|gen)\\w+$',
  '^doctrine:(?:migrations:(?:migrate|execute)|schema:(?:update|create|drop)|database:\\w+|fixtures:load)$',
  '^(?:(?:run|db|database)[:_-])?(?:migrat(?:e|ions?)|seed|rollback)(?:[:_-](?!status|list|make|create|new|gen|diff|show)[\\w-]+)*$',
  '(?:^|/)(?:db[-_]?)?(?:run[-_])?(?:migrat(?:e|ions?)|seed)[\\w-]*\\.(?:[cm]?[jt]s|py|rb|php|sh|exs)$',
].join('|'))
const OF_PROGRAM: ReadonlyArray<readonly [program: RegExp, task: RegExp]> = [[/^(?:alembic|flask)$/, /^(?:upgrade|downgrade|stamp)$/], [/^dotnet$/, /^ef$/], [/^kedro$/, /^run$/], [/^dbt$/, /^(?:run|build|seed|snapshot|run-operation)$/], [/^(?:python3?|django-admin)$/, /^(?:loaddata|flush|createsuperuser)$/]]
const ASKS_ONLY = /^--(?:plan|check|dry-run|pretend|sql|status|list|show|help)$|^(?:status|list|--list|history|current)$/
const LOOKS = /^(?:echo|printf|grep|egrep|rg|cat|git|sed|awk|find|ls|test|\[|head|tail|jq|sort|cd|wc)$/

/** Whether a variable with this value says that programs work on production. */
export function namesProduction (name: string, value: string): boolean {
  return STAGE.test(name) ? PRODUCTION.test(value) : ADDRESS.test(name) && ELSEWHERE.test(value)
}

const STORE = /^(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|clickhouse|kafka|nats|ldaps?|smtps?|s?ftp|ssh|s3)(?:\+\w+)?:\/\//i
const SENT_TO = /WEBHOOK|CALLBACK|COLLECTOR|EXFIL|UPLOAD|TELEMETRY|ENDPOINT|SLACK|DISCORD|SINK|SENTRY|OTEL|DATADOG|STATSD|POSTHOG|SEGMENT|REPORT_UR|^(?:\w+_)?(?:OPENAI|ANTHROPIC|GEMINI|MISTRAL|COHERE|HUGGINGFACE|HF|LLM|OLLAMA|LANGCHAIN|LITELLM)_(?:\w+_)?(?:URL|BASE|HOST)$/i
const LISTENS = /^(?:FLASK_RUN_HOST|(?:ASPNETCORE|DOTNET)_URLS|UVICORN_HOST|GRADIO_SERVER_NAME|STREAMLIT_SERVER_ADDRESS)$/
const OF_PRODUCTION = /^https?:\/\/(?:[^/?#]*[.-])?(?:prod|production|live)(?:[.-]|\d)/i

/** Whether a variable sends programs to another machine: to its data, to what is in use there, or to where they tell what they did. */
export function namesRemote (name: string, value: string): boolean {
  if (STORE.test(value)) return ELSEWHERE.test(value)
  if (LISTENS.test(name)) return /0\.0\.0\.0|[*+]|\[::\]/.test(value)
  return OF_PRODUCTION.test(value) || (SENT_TO.test(name) && /^https?:/i.test(value) && ELSEWHERE.test(value))
}

// What a framework's tasks do to records is up to the project, but for those that only build, check or tell.
const FRAMEWORK = /^(?:rails|rake|console|artisan|cake|hanami|manage\.py|django-admin)$/
const OF_NO_DATA = /^(?:assets|webpacker|css|javascript|yarn|vite|zeitwerk|tmp|log|cache|config|route|view|event|optimize|debug|lint|about|app:(?:template|update)|i18n|doc|stats|notes|routes|middleware|initializers|secret|time|version|list|help|test|spec|rubocop|server|s|serve|up|down|package|storage:link|key:generate|make|generate|g|new|build|compile|importmap|check|showmigrations|diffsettings|collectstatic|makemigrations|compilemessages|makemessages|runserver|sqlmigrate|inspectdb|show_urls|spectacular|findstatic|tailwindcss|stimulus|env|router|translation|container)(?:$|:)|^db:(?:version|migrate:status|test|abort|schema:dump|structure:dump)/

function worksOnRecords (program: string, words: readonly string[]): boolean {
  const name = program.split('/').at(-1) ?? ''
  const [first, ...rest] = words.filter((word) => !word.startsWith('-') && !/^\w+=/.test(word))
  if (/^(?:php|python3?)$/.test(name) && first !== undefined) return worksOnRecords(first, rest)
  return FRAMEWORK.test(name) && first !== undefined && !OF_NO_DATA.test(first)
}

/** Whether a program is asked to change a database of production. `staged` says that a variable has named production before. */
export function changesProduction (program: string, args: readonly Field[], staged: boolean): boolean {
  if (LOOKS.test(program) || !(staged || args.some(({ text }) => PRODUCTION.test(text) || text.includes('=') || /^-P\w/.test(text) || CONNECTION_OPTION.test(text)))) return false
  const words = args.map(({ text }) => text)
  const isTask = (word: string): boolean => TASK.test(word) || OF_PROGRAM.some(([name, task]) => name.test(program) && task.test(word))
  return (words.some(isTask) || worksOnRecords(program, words)) && !words.some((word) => ASKS_ONLY.test(word)) && (staged || words.some((word, at) => saysProduction(word, words[at - 1] ?? '')))
}

// `--env=production`, `--env production`, `RAILS_ENV=production` behind the program, `migrate:prod`.
function saysProduction (word: string, before: string): boolean {
  if (CONNECTION_OPTION.test(before)) return !CONNECTION_HERE.test(word)
  const [, option, name = '', value = ''] = /^(-{0,2})([\w-]+)=(.*)$/s.exec(word) ?? []
  if (option === '') return namesProduction(name, value)
  if (option === '--' && CONNECTION_OPTION.test(`--${name}`)) return !CONNECTION_HERE.test(value)
  if (option !== undefined) return STAGE_OPTION.test(`${option}${name}`) && PRODUCTION.test(value)
  // `-P prod`, glued.
  if (/^-P[\w,]*(?:prod|production)$/.test(word)) return true
  return (STAGE_OPTION.test(before) && PRODUCTION.test(word)) || (TASK.test(word) && /[:_-](?:prod|production)$/.test(word))
}

const INTERPRETER = /^(?:(?:ba|da|z)?sh|python[23]?|node|tsx|ts-node|bun|deno|ruby|php|perl)$/
const RELEASING = /^(?:.*\/)?(?:deploy|publish)(?![\w.-]*(?:local|dev|test|check|lint|preview|docs))(?:[-_.][\w.-]*)?$/
const SHOWN_ONLY = /^(?:--dry-run|--help|-h|--check|--list|-n)$/

const RUNNER = /^(?:npm|pnpm|yarn|bun|deno|lerna|nx|turbo|g?make|just|task|rake|bundle|gulp|grunt|composer|php|artisan|bazel|invoke|inv|poe|mage|concurrently|melos|mise|moon|lage|mill|nox|pixi|hatch)$/
// The name of a task, behind what tells a task from an option: `//deploy:prod`, `npm:publish`.
const RELEASING_TASK = /^(?:\/\/|npm:|[\w-]*:(?=deploy|publish)|[\w[\].-]{1,60}\.(?=publish$))?(?:(?:deploy|publish)(?:[-:_.](?!local|dev|test|check|lint|preview|docs|dry)\w[\w:-]*)?|(?:release|promote|rollout|ship|upload)[:_-](?:prod|production|live)|(?:docker|image|container|helm|chart)[:_-]push|(?:terraform|tf|pulumi|k8s|helm|infra)[:_-](?:apply|destroy|up|upgrade)|push|ship|apply|destroy)$/

// A task that is run, and not what it works on: `bun add deploy`, `npm test -- deploy`.
function runsRelease (program: string, args: readonly Field[]): boolean {
  const words = args.map(({ text }) => text)
  const end = words.indexOf('--')
  const before = end < 0 ? words : words.slice(0, end)
  if (!RUNNER.test(program) || before.some((word) => SHOWN_ONLY.test(word))) return false
  // A task of nothing but this name; `make release` is most often a way to build.
  if (/^(?:just|task|rake|invoke|inv|poe|mage|turbo|lerna|melos|mise|moon|lage)$/.test(program) && before.includes('release')) return true
  const ofPackages = /^(?:npm|pnpm|yarn|bun|deno|lerna|composer)$/.test(program)
  return before.some((word, at) => RELEASING_TASK.test(word) && !/^-[CfwF]$|^--(?:filter|workspace|scope|project|prefix|cwd|directory|file)$/.test(before[at - 1] ?? '') && (!ofPackages || before.slice(0, at).some((earlier) => /^(?:run|run-script|task|exec)$/.test(earlier))))
}

/** Whether a script or a task of the project is started whose name says that it brings what is built to others. */
export function bringsToOthers (program: string, args: readonly Field[]): boolean {
  if (runsRelease(program, args)) return true
  const script = INTERPRETER.test(program) ? args.find(({ text }) => !text.startsWith('-')) : undefined
  return script !== undefined && RELEASING.test(script.text) && !args.some(({ text }) => SHOWN_ONLY.test(text))
}
