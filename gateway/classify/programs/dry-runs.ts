import { named } from './container-looks.ts'
import { REGISTRY_LOOKUP } from './local-questions.ts'
import type { Field } from '../shell/facts.ts'

// A package by its name, or a file of the project by its path: no address, nothing outside.
const WORD = '(?:@?[A-Za-z0-9](?!\\S*\\.\\.)[\\w.@^~<>=*/-]*|\\.)'
const QUIET = '--(?:json|long|verbose|quiet|silent|no-audit|no-fund|all|locked|offline|frozen|allow-dirty|workspace|no-dev|no-interaction|no-scripts|no-progress|strict|package-lock-only|legacy-peer-deps|prefer-offline|save-dev|production|omit=dev|ignore-scripts|no-ansi|no-root|refresh)|-[qvDnw]'
const REST = `(?: (?:${WORD}|${QUIET}))*`

const asks = (words: string, option: string): RegExp => new RegExp(`^(?:${words})${REST} (?:${option})${REST}$`)

// What each of these would change, install or bring to others is worked out and shown, and nothing else happens. In whole
// words, since a later option may take the one that says so back, and another's value may look like it.
const DRY: Readonly<Record<string, RegExp | undefined>> = Object.assign(Object.create(null) as Record<string, RegExp>, {
  npm: asks('install|i|ci|add|update|up|uninstall|remove|rm|dedupe|prune|pack|publish|audit fix', '--dry-run'),
  pnpm: asks('publish|dedupe|pack', '--dry-run|--check'),
  yarn: /^(?:dedupe --check|constraints|npm publish --dry-run|npm audit|licenses list|info [a-z][\w.@/-]*(?: --json)?|install --(?:immutable --)?mode=skip-build --check-cache)$/,
  bun: asks('publish|install|update', '--dry-run'),
  cargo: asks('publish|update|add|remove|rm|package|install|fix', '--dry-run|--list'),
  go: /^mod tidy(?: -v)* -diff(?: -v)*$/,
  poetry: asks('lock|install|update|remove', '--dry-run|--check'),
  uv: asks('lock|sync', '--check|--dry-run'),
  pdm: asks('lock|install|update|sync', '--check|--dry-run'),
  pip: /^install(?: -q)? --dry-run(?: -q)? -r requirements(?!\S*\.\.)[\w./-]*\.txt$/,
  pip3: /^install(?: -q)? --dry-run(?: -q)? -r requirements(?!\S*\.\.)[\w./-]*\.txt$/,
  composer: asks('install|update|require|remove', '--dry-run'),
  bundle: /^(?:lock --print|outdated|update --dry-run)$/,
  dotnet: /^(?:tool list(?: (?:-g|--global|--local))?|nuget locals all --list|workload list|list package --outdated)$/,
  nuget: /^locals all -list$/,
  gem: /^outdated$/,
  mix: /^(?:deps\.unlock --check-unused|hex\.outdated|hex\.audit|deps)$/,
  twine: new RegExp(`^check(?: --strict)?(?: ${WORD})+$`),
  goreleaser: /^(?:check|healthcheck|build(?: --(?:snapshot|clean|single-target))*? --snapshot(?: --(?:clean|single-target))*|release(?: --clean)? --snapshot(?: --clean)?(?: --skip=publish(?:,[\w,]+)?)?)$/,
  wrangler: /^(?:deploy --dry-run(?: --outdir[= ][\w/-]+)?|types|dev --local)$/,
  serverless: /^package$/,
  kubectl: new RegExp(`^kustomize ${WORD}$`),
  lerna: /^(?:changed|ls|diff|version --no-push --no-git-tag-version --dry-run)$/,
  changeset: /^(?:status|version --snapshot)$/,
  vercel: /^(?:build|--version)$/,
})

/** A look-up in place of what would change, install or publish something, when a command only shows what it would do; null for any other. */
export function dryRun (program: string, words: readonly string[]): readonly Field[] | null {
  return DRY[program]?.test(words.join(' ')) === true ? named(REGISTRY_LOOKUP, [program, ...words]) : null
}
