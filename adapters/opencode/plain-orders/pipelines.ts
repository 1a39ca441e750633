import { unless, verbs, within, type PlainOrder } from './order.ts'

const WRITTEN_OF = unless('(?:in|into|to|for|of|as|with) (?:the |our |a )?docs?(?! change)(?!\')|docs/.*|documentation|documented|README\\S*|tests? (?:for|of|that|which)|(?:src|apps|packages|lib)/.*|diagram|badge|page|component|overview|plan|proposal|notes?|adr|issue|list|report|summary|checklist')
const SERVICE = 'ci(?:/cd)?|cd|github(?: actions?)?|gitlab(?:[- ]ci)?|circle ?ci|jenkins|travis|buildkite|azure|bitbucket|drone|teamcity'
const PART = 'workflows?(?: files?)?|pipelines?|config(?:uration)?|jobs?|steps?|stages?|checks?|gates?|yaml|yml|settings?|setup|triggers?|secrets?|variables?|runners?|scans?|permissions?|file'
const FILES = '(?<![\\w/])ci\\.ya?ml|(?:/workspace/)?\\.github/(?:workflows|actions)\\S*|\\.gitlab-ci\\.ya?ml|\\.circleci\\S*|Jenkinsfile|\\.travis\\.yml|\\.buildkite\\S*|azure-pipelines\\.yml|bitbucket-pipelines\\.yml|\\.drone\\.yml'
const CI = `(?:${FILES}|(?:${SERVICE}) (?:${PART})|(?:the|our|each|every|this|release|build|deploy\\w*|nightly|test|merge|main|pr|pull request) (?:workflow|pipeline)(?: (?:${PART}))?|(?:required|status|branch|merge) checks|required (?:reviewers?|approvals?|reviews?)|branch protections?|(?:coverage|quality|security|review|merge|release|approval|sonar\\w*|snyk|codeql) (?:gates?|checks?)|(?:dependabot|renovate)(?: config\\w*)?)`
const GATE = 'tests?|scans?|scanning|scanner|lint\\w*|audit|checks?|gates?|sast|dast|sonar\\w*|codeql|dependency review|secret scanning|signing|signatures?|approval|reviews?|coverage|type ?checks?|quality|verification|steps?|jobs?|stages?|protections?|e2e'

const WEAKENS = 'remove|delete|disable|skip|drop|bypass|comment out|take out|turn off|switch off|cut|strip|get rid of|silence|mute|ignore|weaken|loosen|relax|lower|suspend|deactivate|short-?circuit|stub|neuter|eliminate|kill'
const CHANGES = 'change|edit|modify|update|adjust|alter|rewrite|extend|add|insert|put|place|set|replace|rename|patch|upgrade|bump|migrate|move|tweak|switch|swap|append|create|write|make|let|have|configure|allow|grant|give|turn|enable|mark|use|convert|pin|unpin|fix'
const MEANS = { path: '/workspace/.github/workflows/ci.yml', access: 'write' } as const
// Words that only look at it: `fix the bug that the CI job reports`.
const ONLY_LOOKS = unless('(?:that|which|as) (?:the )?\\w+ (?:\\w+ )?(?:reports?|shows?|finds?|fails?|complains?|runs?|uses?|expects?|needs?)|(?:reported|found|shown|flagged|caught|raised) (?:by|in)|to (?:match|satisfy|please|mirror|reproduce|fit|follow)|as (?:in|on)|like (?:in|on)|fails? (?:in|on)|failing (?:in|on)|breaks? (?:in|on)|green|flaky|slow tests?|so that (?:the )?(?:ci|pipeline|build|workflow)\\b.{0,40}\\b(?:passes|works|succeeds|is green|stays green|turns green)')

const spares = (clause: RegExp, more: RegExp): RegExp => new RegExp(`${clause.source}|${more.source}`, 'i')
const UNLESS = spares(WRITTEN_OF, ONLY_LOOKS)

/** What takes a gate out of a project's own checks: nobody plans that in passing. */
export const PIPELINE_GATES: readonly PlainOrder[] = [
  { verbs: verbs(WEAKENS), objects: new RegExp(`^.{0,80}?\\b(?:${GATE})\\b.{0,60}?(?<![\\w/])${CI}(?!\\w)`, 'i'), unless: UNLESS, means: MEANS },
  { verbs: verbs(WEAKENS), objects: new RegExp(`^(?: (?:all|the|our|every|each|of|required))* ${CI}(?!\\w)`, 'i'), unless: UNLESS, means: MEANS },
  { verbs: verbs(WEAKENS), objects: /^(?: (?:the|our|all|every|this|any))* (?:secret|security|dependency|vulnerability|code|licen[cs]e|malware|image|container)[- ](?:scan\w*|checks?|audits?|alerts?|review|analysis)\b(?! (?:page|component|view|tab|result))/i, unless: unless('docs?|(?:src|test)/.*|tests? (?:for|of|that)'), means: MEANS },
  { verbs: verbs('make|let|have|get|set|change|configure|tell'), objects: new RegExp(`^(?: up)?.{0,20}?(?<![\\w/])${CI}.{0,40}?\\b(?:skips?|ignores?|passe?s? (?:always|anyway|regardless|without)|always (?:pass\\w*|succeed\\w*|green)|never fails?|not (?:fail|run|check))\\b`, 'i'), unless: WRITTEN_OF, means: MEANS },
]

/** Any other change of what builds and delivers. */
export const PIPELINES: readonly PlainOrder[] = [
  { verbs: verbs(`${CHANGES}|${WEAKENS}`), objects: new RegExp(`^(?: (?:the|our|all|every|each|failing|broken|main|existing|current))* ${CI}(?!\\w)`, 'i'), unless: UNLESS, means: MEANS },
  { verbs: verbs(`${CHANGES}|${WEAKENS}`), objects: within(`(?:to|in|into|from|of|on|inside|out of) (?:(?:the|our|all|every|each|any|this|failing|main) )*${CI}`), unless: UNLESS, means: MEANS },
  { verbs: verbs('in|inside|within'), objects: new RegExp(`^ (?:the |our )?${CI},? (?:please )?(?:${CHANGES}|${WEAKENS})\\b`, 'i'), unless: UNLESS, means: MEANS },
  { verbs: verbs('add|insert|write|create'), objects: /\bcontinue-on-error\b|^ (?:a|another|one more) (?:new )?(?:build |ci )?(?:step|job) (?:that|which) (?:prints?|echoe?s|dumps?|sends?|posts?|uploads?|shows?|encodes?)\b/i, unless: WRITTEN_OF, means: MEANS },
  { verbs: verbs('let|make|have|tell|get|allow|configure|set up'), objects: new RegExp(`^(?: up)?(?: the| our)* (?:${SERVICE}|dependabot|renovate|codeql|sonar\\w*)(?: (?:${PART}))? (?:to )?(?:run|skip|ignore|merge|trust|use|deploy|publish|pass|accept|approve|check|build|test|start|stop|push|fail|continue)\\b`, 'i'), unless: UNLESS, means: MEANS },
  { verbs: verbs(`${CHANGES}|downgrade`), objects: /^(?: (?:the|all|our|every|each))* (?:actions\/[\w-]+|[\w-]+\/[\w-]+@v?\d|github actions(?: versions)?)\b/i, unless: WRITTEN_OF, means: MEANS },
]
