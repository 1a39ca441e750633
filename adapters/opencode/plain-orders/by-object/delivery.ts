import { BRINGS, CHANGES_CI, led, OBEYS, said, SENDS, type HotThing } from './hot-thing.ts'

const REPO = '(?:repo(?:sitory)?|code ?base|sources?(?: code| tree)?|workspace|project|checkout|src/?|git history|working tree)'

/** What leaves the workspace, comes into it, or delivers it. */
export const DELIVERED: readonly HotThing[] = [
  {
    things: said(String.raw`(?:live|production|prod) (?:[\w'’]+ ){0,3}(?:admin )?(?:apis?|console|dashboard|flags?|panel|service)|\d{1,3} ?(?:%|percent) (?:in|of|on) (?:production|prod|live)`),
    verbs: led('call|hit|invoke|trigger|post|put|use|ask|open|log|set'),
    unless: /\b(?:preview|reload|share|update|region|edge|data|location|demo)\b/i,
    means: { command: 'kubectl apply -f production' },
  },
  {
    things: said(String.raw`Jenkinsfile|\.gitlab-ci\.ya?ml|\.github/workflows\S*|azure-pipelines\.ya?ml|\.circleci/\S*|\.travis\.yml|bitbucket-pipelines\.yml`),
    verbs: led('throw|take|rip|cut|kick|get rid|simplify|shorten|tidy|reformat|clean|trim|strip|correct|tear|knock|reduce|speed|streamline|restructure|refactor|lift|relieve|free|shrink|slim|comment|pull'),
    means: CHANGES_CI,
  },
  {
    things: new RegExp(String.raw`(?<![\w/])(?:(?:the|our|this|entire|whole|full|complete|all|of|private|customer)\s){0,4}${REPO}(?![\w/]).{0,80}?\b(?:to|into|onto|on|under|at|in) (?:(?:an?|the|our|my|your|some|public|shared|external|mounted|network|personal|company) ){0,4}(?:${'`'}?(?:/(?!tmp|workspace|dev/null)[\w.-]+|~/?|\\\\|[\w.-]+@|[a-z]:\\|s3:|gs:|ftp:|smb:|nfs:)|usb|shares?\b|network (?:drives?|shares?)|nas\b|dropbox|google drive|onedrive|icloud|buckets?\b|pastebin|gists?\b|external|web ?dav|ftp|public (?:folder|repo\w*|drive|bucket|link))`, 'i'),
    verbs: led('copy|move|sync|rsync|mirror|back ?up|archive|tar|zip|compress|bundle|put|export|dump|upload|push|send|clone|save|store|place|share|post|publish|make'),
    means: SENDS,
  },
  {
    things: said(String.raw`required (?:status )?checks?|branch protections?|protected branch(?:es)?|pull_request_target|(?:ci|github|gitlab|jenkins|pipeline|workflow)(?:'s|’s) (?:required )?(?:checks?|gates?|secrets?|permissions?|approvals?|tokens?|settings?|config\w*|protections?)|code ?owners(?: (?:rules?|checks?|approval|file))?|merge (?:rules|restrictions)|(?:deploy\w*|release|publish\w*|build|ci|nightly|test) workflows?(?= so| to| such| and| that)`),
    verbs: led('turn|disable|remove|edit|change|modify|loosen|relax|switch|drop|lower|weaken|skip|bypass|update|adjust|make|let|set|patch|rewrite|delete|allow|override|exempt|unset|lift|alter|extend|add'),
    means: CHANGES_CI,
  },
  {
    things: /^install (?!it\b|them\b|this\b|that\b|the\b|an?\b|all\b|hooks?\b|hand|event)`?@?[a-z][\w./@-]{1,60}`?(?:(?:,| and| or|, and) `?@?[a-z][\w./@-]{1,60}`?){0,8}(?=\W*$|,? whatever|,? any| and (?:commit|add|use|save|update|import|run|wire|configure|push)| for (?:it|this|that|me)| from | globally| to (?:get|have|make|parse|handle|fix)| if (?:it|they|you|needed|missing)| as a)/i,
    verbs: led('install'),
    unless: /\b(?:instructions?|button|scripts?|steps?|page|guide|section|prompt|banner|flow|listeners?|handlers?)\b/i,
    means: BRINGS,
  },
  {
    things: said(String.raw`(?:public|online|free|anonymous|some|an?)? ?(?:paste|file[- ](?:sharing|hosting|transfer)|upload|image|text)(?:[- ]?(?:bin|board))? (?:sites?|services?|hosts?|pages?)|transfer\.sh|file\.io|0x0\.st|catbox|wetransfer|gofile|anonfiles|termbin|hastebin|ix\.io|dpaste\S*|sprunge\S*`),
    verbs: led('upload|put|paste|post|share|send|push|drop|publish|place|store|copy|give'),
    unless: /\b(?:component|button|form|adapter|client|integration|our own)\b/i,
    means: SENDS,
  },
  {
    things: said(String.raw`(?:second|another|new|additional|extra|further|backup) (?:git )?remote|(?:all|our|every|each|the)(?: (?:our|local|of our))? branches (?:to|into|onto) (?:it|them|there|\S+://\S+|\S+@\S+)|mirror (?:all|the|our|every|everything|it)\b.{0,40}\bto`),
    beside: /:\/\/|\S@\S+:|\bremote\b/,
    verbs: led('add|mirror|set|create|push|configure|register|use|sync|make'),
    unless: /\b(?:data source|config|cache|module|control|desktop|repository (?:class|interface|pattern))\b/i,
    means: { command: 'git push' },
  },
  {
    things: said(String.raw`(?:on|onto|to|into) (?:npm|npmjs\S*|pypi|crates\.io|rubygems|maven central|docker ?hub|nuget|packagist|hex\.pm|the (?:public |npm |package )?registry|the (?:app|play) ?store|the marketplace)(?! (?:docs?|page|issues?|readme|badge|link|format|client|api|schema))`),
    verbs: led('put|get|bring|release|ship|upload|push|send|make|have|publish|place|deploy|cut'),
    unless: /\b(?:docs?|tests?|mock\w*|verdaccio|local|parser|url|link|badge)\b/i,
    means: { command: 'npm publish' },
  },
  {
    things: said(String.raw`(?:using|with|by|via) (?:the |an? |your |my )?(?:admin\w*|owner|maintainer) (?:override|rights|bypass|merge|privileges?|permissions?|token)|(?:prs?|pull requests?|merge requests?|mrs?) ?[#!]?\d+`),
    verbs: led('merge|push|approve|close|accept|land|force|override|squash'),
    means: { command: 'git push' },
  },
  {
    things: said(String.raw`(?:all |every |our |the |real )*(?:live|real|production|paying|actual) (?:customers?|users?|tenants?|accounts?|traffic|orders?|payments?)|(?:straight|directly|right away|now|immediately|right|live) (?:to|into|in|on) (?:production|prod|live)`),
    verbs: led('switch|turn|enable|disable|set|flip|roll|deploy|push|release|ship|delete|charge|refund|mail|e-?mail|message|notify|update|change|migrate|run|send|route|shift|put|go'),
    unless: /\b(?:mode|page|tests?|mock\w*|fake|simulate)\b/i,
    means: { command: 'kubectl apply -f production' },
  },
  {
    things: said(String.raw`CODEOWNERS`),
    verbs: led('take|remove|delete|drop|edit|change|cut|strike|kick|empty|replace|add|put|make|set|let|throw|clear'),
    unless: /\b(?:docs?|parser|explain\w*|tests?|format)\b/i,
    means: CHANGES_CI,
  },
  {
    things: said(String.raw`from (?:the )?(?:https?|ftp|git)://(?!localhost|127\.|0\.0\.0\.0)\S+`),
    verbs: led('install|clone|add|unpack|build|compile|run|source|load|import|vendor|execute|download and|fetch and'),
    unless: /\b(?:docs?|README\S*|developer\.mozilla\.org|nodejs\.org)\b/i,
    means: OBEYS,
  },
  {
    things: said(String.raw`--admin|so (?:that )?(?:the |a |no )?(?:code )?reviews? (?:isn't|is not|aren't|won't be|will not be) (?:needed|required|necessary)|without (?:a |any |the |another )?(?:code )?reviews?`),
    verbs: led('merge|land|push|close|accept|approve|get'),
    means: { command: 'git push' },
  },
]
