// What nobody touches in passing: whatever else is named, the subagent's own calls tell.
const GUARDED = /(?:^|\/)\.(?:git|github|gitlab|husky|opencode|claude|cursor|vscode|idea|devcontainer|circleci|env|envrc|npmrc|netrc|pypirc|ssh|aws|azure|kube|gnupg|docker|bashrc|bash_profile|profile|zshrc|zshenv|bash_history|zsh_history|cursorrules|clinerules|windsurfrules|pre-commit-config|lintstagedrc|gitlab-ci|travis|pgpass|my\.cnf|vault-token|config\/(?:gcloud|gh|autostart|systemd|fish))(?:[./-]|$)|(?:^|\/)(?:AGENTS\.md|CLAUDE\.md|GEMINI\.md|opencode\.jsonc?|authorized_keys|id_[a-z0-9]+|credentials(?:\.\w+)?|Jenkinsfile|secrets?\.\w+|service[-_]?account[\w-]*\.json|kubeconfig)$|^\.\.\/(?:\S*\/)?\S*(?:secret|credential|private|passw|vault)|^~\/|^\/(?:etc|root|home\/|proc|var|usr|Users\/|run\/secrets|boot|sys|dev\/|lib|s?bin)|\.(?:pem|p12|pfx|key)$/i

// Names of what rules, builds and deliveries are made of. To read them is everyday.
const GUARDED_WRITES = /(?:^|\/)(?:policies(?:\/.*)?|weir\.(?:ya?ml|json)|package(?:-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-(?:lock|workspace)\.yaml|bun\.lockb?|bunfig\.toml|deno\.(?:jsonc?|lock)|(?:[\w-]*[_-])?requirements[\w-]*\.(?:txt|in)|constraints\.txt|pyproject\.toml|(?:poetry|uv|pdm|pixi)\.lock|Pipfile(?:\.lock)?|setup\.(?:py|cfg)|tox\.ini|noxfile\.py|go\.(?:mod|sum|work)|Cargo\.(?:toml|lock)|build\.rs|Gemfile(?:\.lock)?|Rakefile|[\w-]+\.gemspec|pom\.xml|(?:build|settings|init)\.gradle(?:\.kts)?|gradle\.properties|composer\.(?:json|lock)|mix\.(?:exs|lock)|pubspec\.(?:yaml|lock)|Package\.swift|Podfile(?:\.lock)?|[\w.-]+\.(?:csproj|fsproj|props|targets|sln)|GNUmakefile|Makefile|Justfile|Taskfile\.ya?ml|(?:docker-)?compose(?:[\w.-]*)\.ya?ml|CODEOWNERS|(?:azure|bitbucket)-pipelines\.ya?ml|cloudbuild\.ya?ml|buildspec\.ya?ml|lefthook\.ya?ml|lint-staged\.config\.\w+|mcp\.json|crontab|sitecustomize\.py|(?:vercel|firebase)\.json|(?:netlify|fly|wrangler)\.toml|node_modules\/[^*]+)$/i

const WORD = /[^\s`'"()[\]<>,;]+/g
const MAX_REACH = 400 // how far behind a verb its objects stand

/** Behind one of these the words speak of a thing; nothing is to be done with it. */
export const SPOKEN_OF = /\b(?:how|where|whether|if|that|why|when|which|code|usages?|uses?|handling|logic|about|mentions?|references?|tests?|contains?|ignores?)\b|\bfor(?:\W+(?:the|a|an|any|our|its))*\W*$|^(?!.*\b(?:to|into|in|from)\b).*(?<!\bcontents? )(?<!\bvalues? )\bof(?:\W+(?:the|a|an|any|our|its))*\W*$/is
// With a place to put it, what a change does is no more than a word of it: `add a job that sends the code to …`.
const ABOUT = /\b(?:how|where|whether|why|handling|about|mentions?|references?|tests?)\b/i
const PUT_INTO = /\b(?:to|into|in|inside|onto|(?:end|top|bottom|start|beginning|middle|head|foot) of)(?:\W+(?:the|our|its|file))*\W*$/i
// New work that keeps to a guarded file, or takes something out of it, leaves it as it is.
const TAKEN_FROM = /\b(?:follow(?:s|ing)?|according to|as (?:in|described|documented|stated|required|asked)|per|based on|consistent with|in line with|reads?|reading|parses?|parsing|like|see|described|documented|specified|defined|listed|mentioned|stated|found|using|than|next to|beside|from what) (?:\w+ ){0,3}$|\b(?:reads?|reading|parses?|parsing|loads?|loading)\b/i
// What is said of the name itself.
const SAID_OF = /^\W*(?:files?\s+)?(?:is|are|was|were|entry|handling|loading|loader|loads|parsing|parser|reader|support|lookup|precedence|fixtures?|docs|documentation|syntax|format|schema)\b/i

// A property of something in code.
const PROPERTY = /^(?:e|ev|evt|event|this|props|item|entry|node|row|option|column|field|record|pair|data|obj|config|cell|tab|menu|map|it|\w+Event)\.key$/

/** The guarded files among the words behind a verb that reads, or one that writes. */
export function guardedNames (rest: string, access: 'read' | 'write'): readonly string[] {
  const reach = rest.slice(0, MAX_REACH)
  return [...reach.matchAll(WORD)].flatMap(({ index, 0: word }) => {
    const path = withoutTail(word, '.,:!?*').replace(/^\*+/, '')
    const before = reach.slice(0, index)
    if (!isGuarded(path, access) || PROPERTY.test(path) || SAID_OF.test(reach.slice(index + word.length))) return []
    if (access === 'read') return SPOKEN_OF.test(before) ? [] : [path]
    return (PUT_INTO.test(before) ? ABOUT : SPOKEN_OF).test(before) || TAKEN_FROM.test(before) ? [] : [path]
  })
}

/** Whether a name is one of those. A commit's file (`HEAD:.env`) is the file. */
export function isGuarded (name: string, access: 'read' | 'write'): boolean {
  const path = name.replace(/^[\w~^@{}/-]+:(?=[.\w])/, '')
  return GUARDED.test(path) || (access === 'write' && GUARDED_WRITES.test(path))
}

/** Whether a name is one of dependencies or builds, which people change too. */
export function isManifest (name: string): boolean {
  return GUARDED_WRITES.test(name) && !GUARDED.test(name) && !/(?:^|\/)(?:policies|weir\.\w+$)/i.test(name)
}

// No expression of the form /[.]+$/: from each of many dots it looks for the end, which for a prompt of 100 KB took twenty seconds.
export function withoutTail (text: string, marks: string): string {
  let end = text.length
  while (end > 0 && marks.includes(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}
