import type { Stdin } from './invocation.ts'
import { literal, type Field } from '../shell/facts.ts'

/** The name under which rules know a look at containers, or at the tables of a cluster, that shows no values of their settings. */
export const CONTAINER_LOOK = 'container-look'

/** The program start that a question comes down to, from its words; null when it may be more than a question. */
export type Question = (words: readonly string[], args: readonly Field[], stdin?: Stdin) => readonly Field[] | null

/** A program start of plain words. */
export function named (name: string, words: readonly string[]): readonly Field[] {
  return [name, ...words].map(literal)
}

const DOCKER_LOOKS: readonly RegExp[] = [
  /^(?:ps|images|version|info|container ls|image ls|volume ls|network ls|compose (?:ps|ls|images|version|top))(?: (?:-[aqnls]+|--filter[= ](?:status|name|health|label|ancestor)=[\w./:-]+|--format[= ](?:json|(?:table )?(?:\{\{ ?\.[A-Z]\w+ ?\}\}|[ |:]|\\t)+)|--(?:all|quiet|no-trunc|latest|services|size)|[A-Za-z0-9][\w.-]*))*$/,
  // Values of the settings are put into what it shows otherwise.
  /^compose (?:config|convert) (?:-q|--(?:quiet|services|images|profiles|volumes|networks))$/,
  /^(?:compose )?logs(?: (?:-t|--(?:timestamps|no-color|no-log-prefix)|(?:--tail|-n|--since|--until)[= ]\w+|[A-Za-z0-9][\w.-]*))*$/,
  /^history(?: (?:-q|--(?:no-trunc|quiet|human)(?:=\w+)?|[A-Za-z0-9][\w./:-]*))+$/,
  // What is there already starts or stops; servers that projects need beside them are nobody's code.
  /^compose (?:start|stop|restart)(?: (?:(?:-t|--timeout) \d+|[a-z][\w-]*))+$/,
  /^compose up(?: (?:-d|--detach|--wait|--no-build|--no-recreate|--no-deps|--quiet-pull))* (?:-d|--detach|--wait)(?: (?:--wait|--no-build|--no-recreate|--no-deps|--quiet-pull|(?:[a-z]+[-_])?(?:db|database|postgres(?:ql)?|pg|mysql|mariadb|mongo(?:db)?|redis|valkey|memcached|rabbitmq|kafka|zookeeper|redpanda|nats|minio|elasticsearch|opensearch|mailhog|mailpit|localstack|cache|queue|broker)))+$/,
  /^stats --no-stream(?: [A-Za-z0-9][\w.-]*)*$/,
]

// The settings of a container hold its secrets: only a template that asks for other parts is no look at them.
const INSPECTED = /^(?:(?:container|image|network|volume) )?inspect (?:--format|-f)[= ]['"]?\{\{\s*(?:json )?\.(?:State|Created|Image|Name|Id|RestartCount|Platform|Architecture|Size|RepoTags|NetworkSettings|Mounts)(?:\.\w+)*\s*\}\}['"]?(?: [A-Za-z0-9][\w./:-]*)+$/

const docker: Question = (words) => {
  if (INSPECTED.test(words.join(' '))) return named(CONTAINER_LOOK, ['docker', ...words])
  const plain = words.filter((word, at) => !/^--format(?:=.*)?$/s.test(word) && words[at - 1] !== '--format').join(' ').replace(/^compose -f (?!\S*\.\.)\w[\w./-]*\.ya?ml /, 'compose ')
  return words.some((word) => /env|inspect|\.Config/i.test(word)) || !DOCKER_LOOKS.some((look) => look.test(plain)) ? null : named(CONTAINER_LOOK, ['docker', ...words])
}

const NAME = '[a-z0-9][\\w.-]*'
// Kinds whose tables hold no content; `secret` and `configmap` are none of them, and a list may name no other kind.
const KINDS = '(?:po(?:ds?)?|deploy(?:ments?)?|svc|services?|no(?:des?)?|ns|namespaces?|ev(?:ents)?|ing(?:ress(?:es)?)?|jobs?|cj|cronjobs?|sts|statefulsets?|ds|daemonsets?|rs|replicasets?|hpa|pvc?|ep|endpoints?|sc|crds?|all)'
const WHERE = '(?: (?:-n|--namespace)[= ]?[a-z0-9-]+| (?:-A|--all-namespaces))'
const CLUSTER_LOOKS: readonly RegExp[] = [
  new RegExp(`^get ${KINDS}(?:,${KINDS})*(?:/${NAME})?(?: ${NAME})*(?:${WHERE}| (?:-o|--output)[= ]?(?:wide|name)| (?:-l|--selector)[= ]?[\\w./=,-]+| --(?:show-labels|no-headers)| --sort-by=[\\w.]+| ${NAME})*$`),
  new RegExp(`^logs(?:${WHERE}| (?:${KINDS}/)?${NAME}| (?:-c|--container)[= ]?${NAME}| (?:--tail|--since|--limit-bytes)[= ]\\w+| (?:-p|--previous|--timestamps|--all-containers|--prefix)| (?:-l|--selector)[= ]?[\\w./=,-]+)+$`),
  new RegExp(`^rollout (?:status|history) (?:${KINDS}/)?${NAME}(?: ${NAME})?${WHERE}?$`),
  new RegExp(`^top (?:pods?|nodes?)(?: ${NAME})?${WHERE}?$`),
  /^config (?:current-context|get-contexts)$|^api-resources$|^explain [a-z][\w.]*$|^version(?: --(?:short|client))*$/,
]

// Clusters that run on the machine of whoever works, by the names that their makers give them.
const LOCAL_CLUSTER = /^--context[= ](?:kind|k3d)-[\w-]+ |^--context[= ](?:minikube|docker-desktop|colima|orbstack|rancher-desktop) /

// Which cluster, and as whom, is not the call's to say: `--context`, `--server`, `--token` and `--kubeconfig` are on none of them.
const kubectl: Question = (words) => {
  const said = words.join(' ').replace(LOCAL_CLUSTER, '').replace(/^((?:-n|--namespace)[= ]?[a-z0-9-]+) (get|logs|top|rollout \w+)(.*)$/, '$2$3 $1')
  return CLUSTER_LOOKS.some((look) => look.test(said)) ? named(CONTAINER_LOOK, ['kubectl', ...words]) : null
}

/** Looks at what runs in containers, by program. */
export const CONTAINER_LOOKS: Readonly<Record<string, Question>> = { docker, podman: docker, kubectl }
