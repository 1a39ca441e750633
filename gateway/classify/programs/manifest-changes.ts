import { literal, type Directories, type FactCollector, type Field } from '../shell/facts.ts'

/** Words by which a tool changes what a project depends on, or how it is built, and the file that it writes for it. */
interface Change { readonly names: string, readonly words: RegExp, readonly file: string, readonly unless?: RegExp }

const SHOWS = /^(?:-n|--dry-?run|--check|--diff|--list|-h|--help)$/

const CHANGES: readonly Change[] = [
  { names: 'syncpack', words: /^(?:fix|fix-mismatches|format|set-semver-ranges|update)$/, file: 'package.json' },
  { names: 'manypkg', words: /^(?:fix|upgrade)$/, file: 'package.json' },
  { names: 'sherif', words: /^(?:-f|--fix)$/, file: 'package.json' },
  { names: 'browserslist', words: /^--update-db$/, file: 'package-lock.json' },
  { names: 'update-browserslist-db', words: /^/, file: 'package-lock.json' },
  { names: 'npm-package-json-lint', words: /^--fix$/, file: 'package.json' },
  { names: 'cargo', words: /^(?:sort|cargo-sort)(?: (?:-w|--workspace|-g|--grouped))*$/, file: 'Cargo.toml', unless: /^-?-c(?:heck)?$|^-n$/ },
  { names: 'cargo', words: /^(?:machete|shear|udeps|autoinherit) --fix$|^msrv set\b|^generate-lockfile\b|^audit fix\b|^hakari (?:generate|manage-deps)|^set-version\b|^upgrade\b/, file: 'Cargo.toml' },
  { names: 'gradle gradlew', words: /^(?:--write-locks|--export-keys|-M|--write-verification-metadata)(?:[= ]|$)/, file: 'build.gradle' },
  { names: 'mix', words: /^deps\.(?:unlock|update|get)\b/, file: 'mix.lock', unless: /^--check-unused$/ },
  { names: 'hatch', words: /^version [\w.]+|^env create/, file: 'pyproject.toml' },
  { names: 'poetry', words: /^version [\w.]+|^env use \S*\//, file: 'pyproject.toml', unless: /^-s$|^--short$/ },
  { names: 'cz', words: /^bump\b/, file: 'pyproject.toml' },
  { names: 'go', words: /^--?mod=mod$/, file: 'go.mod' },
  { names: 'golangci-lint', words: /^--modules-download-mode[= ]mod$/, file: 'go.mod' },
  { names: 'bazel bazelisk', words: /^mod tidy\b/, file: 'MODULE.bazel' },
  { names: 'swift', words: /^package (?:edit|init|unedit|add-)/, file: 'Package.swift' },
  { names: 'zig', words: /^(?:init(?:-exe|-lib)?$|build --fetch|fetch --save)/, file: 'build.zig.zon' },
  { names: 'cabal', words: /^(?:format|gen-bounds|freeze|init)\b/, file: 'package.cabal' },
  { names: 'opam', words: /^(?:switch (?:create|remove|import)|(?:var|option) \w[\w-]*=|pin (?:add|remove))/, file: 'project.opam' },
  { names: 'clojure clj', words: /^-T\w+ (?:install|remove|add)|^-Ttools /, file: 'deps.edn' },
  { names: 'elm-test', words: /^install\b/, file: 'elm.json' },
  { names: 'changeset', words: /^version\b/, file: 'package.json' },
  { names: 'changelogen', words: /^--(?:release|bump|push)$/, file: 'package.json' },
  { names: 'gazelle', words: /^update-repos\b/, file: 'MODULE.bazel' },
  { names: 'dbt', words: /^deps\b/, file: 'requirements.txt' },
  { names: 'jsonnet-bundler jb', words: /^(?:install|update|init)\b/, file: 'requirements.txt' },
  { names: 'eslint jest stylelint', words: /^--init$/, file: 'package.json' },
  { names: 'just', words: /^--fmt$/, file: 'justfile' },
  { names: 'dotenv-linter', words: /^fix\b/, file: '.env' },
  { names: 'daff', words: /^git csv/, file: '.git/config' },
  { names: 'license_finder', words: /^(?:-p|--prepare|--prepare-no-fail)$/, file: 'package.json' },
  { names: 'nbstripout', words: /^--install$/, file: '.git/config' },
  { names: 'melos', words: /^version\b/, file: 'pubspec.yaml' },
  { names: 'tap', words: /^plugin (?:add|rm|remove)\b/, file: 'package.json' },
  { names: 'ktlint', words: /^installGitPre(?:Commit|Push)Hook$/, file: '.git/hooks/pre-commit' },
  { names: 'mvn mvnw', words: /^[\w.-]*git[\w.-]*:install[\w-]*$/, file: '.git/hooks/pre-commit' },
]
// No word that means something here is longer, and no more of them are given by hand.
const MAX_LENGTH = 4096
const MAX_WORDS = 200

const BY_NAME = new Map<string, Change[]>()
for (const change of CHANGES) for (const name of change.names.split(' ')) BY_NAME.set(name, [...BY_NAME.get(name) ?? [], change])

/** Records the manifests, lock files and hooks that a tool changes by words of its own, without naming them. */
export function checkManifestChange (name: string, args: readonly Field[], directories: Directories, facts: FactCollector): void {
  const words = args.slice(0, MAX_WORDS).map(({ text }) => text.slice(0, MAX_LENGTH))
  for (const { words: pattern, file, unless } of BY_NAME.get(name) ?? []) {
    if (words.some((word) => SHOWS.test(word) || unless?.test(word) === true)) continue
    if (pattern.test('') || words.some((word, at) => pattern.test(word) || pattern.test(words.slice(at, at + 4).join(' ')))) facts.touch(literal(file), 'write', directories)
  }
}
