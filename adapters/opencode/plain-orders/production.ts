import { unless, within, verbs, type PlainOrder } from './order.ts'

const WRITTEN_OF = unless('(?:in|into|to|for|of|as|with) (?:the |our |a )?docs?(?! change)(?!\')|docs/.*|documentation|documented|(?:in|into|to|of|for) (?:the |our )?README\\S*|tests? (?:for|of|that|which)|mocks?|mode|runbook|checklist|diagram|(?:src|apps|packages|lib|config)/.*|component|page|button|badge|banner|prepared|dry[- ]run|gracefully|sig(?:term|int)|shutdown handler|local copy|snapshot builds?')
const SYSTEMS = 'db|data|databases?|hosts?|servers?|machines?|box(?:es)?|clusters?|systems?|environment|env|replicas?|namespaces?|deployments?|stacks?|buckets?|accounts?|passwords?|secrets?|credentials?|apis?|tables?|users|customers|customer data|orders|payments|records|rows|queues?|cache|caches|pods?|nodes?|instances?|workers?|postgres\\w*|mysql|mariadb|redis|mongo\\w*|elasticsearch|kafka|s3|rds|lambdas?|site|website|shop|web ?shop|storefront|catalogue|service|services|traffic|load balancers?|dns|domain|certificates?|feature flags?|backups?|volumes?|disks?|kubernetes|k8s|vms?|network|infra(?:structure)?|tenants?|release|partitions?|shards?|index(?:es)?'
const NAME = '(?:production|prod|live)'
// A machine or cluster that says of itself what it is: prod-db.internal, cache.prod.acme.com, shop-production.
const HOST = '(?![\\w.-]{0,80}\\.(?:ts|js|json|ya?ml|md|py|go|env|tf|tfvars|toml|sql|conf|sh|csv|txt|log)(?![\\w-]))(?:(?:[\\w.-]{0,60}?[.-])?prod(?:uction)?(?!-(?:ready|grade|like|only|quality|build|mode|style|safe|level))[-.][a-z0-9][\\w.-]{0,60}|[\\w.-]{1,60}?-prod(?:uction)?(?![\\w-]))'
const LIVE = `(?:${HOST}|${NAME}(?: \\w+)? (?:${SYSTEMS})|(?:on|in|to|into|against|at|from|of|for|namespace|context|stack|environment|workspace|profile) (?:the |our )?(?:${NAME})(?=\\W*$|[.,;:]| and| then| with| by| now| so| to| without| before| after| at| using| via| directly| while))`

const REMOVES = 'delete|remove|drop|truncate|wipe|clear|flush|purge|empty|erase|destroy|reset|clean|prune|expire'
const CHANGES = 'dump|update|change|modify|alter|patch|restart|reboot|stop|start|kill|drain|evict|scale|rotate|disable|enable|shut ?down|take down|take|terminate|overwrite|insert|import|seed|grant|revoke|switch|point|redirect|reroute|resize|detach|revert|edit|fix|repair|correct|hot-?fix|tweak|toggle|flip|bump|increase|decrease|lower|raise|replace|rename|anonymi[sz]e|set|turn|bring|put|bypass|unlock|impersonate|swap|promote|fail over|roll|rebalance|reindex|compact|resync'
const TOUCHES = 'pg_dump|pg_restore|mysqldump|mongodump|psql|mysql|mongosh?|redis-cli|run|apply|execute|perform|migrate|backfill|query|connect|log ?in|ssh|use|access|attach|exec|roll|deploy|promote|ship|release|push|publish|sync|copy|export|dump|download|pull|load|restore|read|look|get|fetch|select|count|port-forward|tunnel|open|debug|profile|trace|replay|try|test|verify|execute'
const PLACED_FIRST = /^(?:on|in|at|against|within|inside) (?:the |our |each |every |all )*/i

const LOSES = { command: 'dropdb app' }
const DOES = { command: 'kubectl apply -f production' }

/** Changes of what is live, as nobody plans them for an agent. */
export const PRODUCTION_CHANGES: readonly PlainOrder[] = [
  { verbs: verbs(REMOVES), objects: within(LIVE), unless: WRITTEN_OF, means: LOSES },
  { verbs: verbs(CHANGES), objects: within(LIVE), unless: WRITTEN_OF, means: DOES },
  { verbs: PLACED_FIRST, objects: new RegExp(`^(?:${HOST}|${NAME}(?: \\w+){0,2}?),? (?:please |just |now )?(?:${CHANGES}|${REMOVES})\\b`, 'i'), unless: WRITTEN_OF, means: DOES },
]

/** What touches what is live. */
export const PRODUCTION: readonly PlainOrder[] = [
  { verbs: verbs(TOUCHES), objects: within(LIVE), unless: WRITTEN_OF, means: DOES },
  { verbs: PLACED_FIRST, objects: new RegExp(`^(?:${HOST}|${NAME}(?: \\w+){0,2}?),? (?:please |just |now )?(?:${TOUCHES})\\b`, 'i'), unless: WRITTEN_OF, means: DOES },
  { verbs: verbs('terraform|tofu|pulumi|kubectl|helm|ansible-playbook|argocd|flux|serverless|eksctl|cdk'), objects: /^ (?:destroy|apply|delete|import|taint|rollout|scale|drain|cordon|exec|patch|replace|edit|up\b|upgrade|install|uninstall|rollback|deploy|sync|remove)/i, unless: WRITTEN_OF, means: DOES },
  { verbs: verbs(`${CHANGES}|${REMOVES}|run|apply|execute|deploy|create|make|add|restart|proceed|continue|go on|use`), objects: /^.{0,160}?\b(?:with|using|via|through|by|of|the) (?:the )?(?:aws|gcloud|gcp|azure|az|kubectl|helm|terraform|tofu|pulumi|heroku|flyctl|vercel|netlify|cloudflare|wrangler|doctl|ansible|eksctl)(?: (?:cli|console|apply|destroy|delete|up|deploy|patch|scale|command(?: line)?))?(?=\W*$|[.,;]| and| then| now| without)/i, unless: WRITTEN_OF, means: DOES },
  { verbs: verbs('(?:use|run|call|execute|start|take) (?:the )?(?:redis-cli|psql|mysql|mongosh?|kubectl|aws cli|gcloud|terraform|helm)'), objects: /^.{0,80}?(?:\s-(?:h|-host|-context|-kubeconfig|-profile)\b|\b(?:internal|rds\.amazonaws\.com|flushall|flushdb|delete|destroy|drop|truncate|exec|scale)\b)/i, unless: WRITTEN_OF, means: DOES },
  { verbs: verbs('put|take|bring|set|switch|shut'), objects: /^(?: down)?(?: (?:the|our|whole))* (?:site|shop|website|service|api|platform|web ?shop|store front) (?:in(?:to)? maintenance|offline|down|online|live|back up)\b/i, unless: WRITTEN_OF, means: DOES },
  { verbs: verbs('send|charge|refund|bill|invoice|notify|e-?mail|mail|revoke|block|ban|delete|remove|lock|disable|reset|call|text|message|ask'), objects: /^.{0,80}?\b(?:(?:all|every|each|our|the)(?: (?:of|our|the))*(?: [\d.,]{2,12})? (?:subscribers|customers|clients|accounts? holders)\b(?! (?:page|table|list|route|array|view|component|in (?:the )?(?:tests?|fixtures?|src)))|(?:customers|subscribers|clients) who\b|(?:real|live) (?:mailer|card|account|customers|users|money|stripe|payments?|gateway|orders|api key)|(?:live|real) \w+ account)\b/i, unless: unless('tests? (?:for|of|that|which)|(?:src|apps|packages|lib|test)/.*|docs?|implement|component|page|button|template|feature|endpoint|mock|fake'), means: DOES },
  { verbs: verbs('run|do|perform|start|execute|apply|repeat|roll'), objects: /^.{0,60}?\b(?:on|over|across|against) (?:all|every|each)(?: (?:of|our|the))* (?:hosts?|servers?|machines?|nodes?|tenants?|regions?|clusters?)\b/i, unless: WRITTEN_OF, means: DOES },
  { verbs: verbs('apply|run|execute|start|do|launch|redo|repeat'), objects: /^(?: the| our| a)* (?:terraform|tofu|pulumi|kubectl|helm|ansible(?: playbooks?)?)\b(?! (?:plan|fmt|validate|show|output|lint|template|version|diff|preview|get|describe|graph|providers|tests?))/i, unless: WRITTEN_OF, means: DOES },
]
