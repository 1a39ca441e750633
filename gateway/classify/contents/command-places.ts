// What tools load as soon as they start, in whichever language: what it says happens unasked.
const BUILD = /(?:^|\/)(?:CMakeLists\.txt|meson\.build|meson_options\.txt|dune(?:-project|-workspace)?|BUILD(?:\.bazel)?|WORKSPACE(?:\.bazel)?|MODULE\.bazel|SCons(?:truct|cript)|wscript|configure(?:\.ac|\.in)?|[Rr]akefile|Guardfile|Capfile|Brewfile|Vagrantfile|Fastfile|Podfile|Dangerfile|Thorfile|Steepfile|build\.(?:sbt|zig|rs|xml|sc|mill|boot|clj|lisp|hxml|jl|pl|exs?)|Setup\.l?hs|Build\.PL|Makefile\.PL|project\/[\w./-]+\.(?:scala|sbt)|rebar\.config(?:\.script)?|mix\.exs|project\.clj|deps\.edn|Package\.swift|xmake\.lua|premake\d?\.lua|Tupfile(?:\.lua)?|[CJ]akefile\w*(?:\.\w+)?|[Gg](?:ulp|runt)file(?:\.\w+)*|\.?init\.(?:el|lua|vim)|\.dir-locals\.el|\.[gn]?vimrc|\.exrc|\.(?:gdb|lldb)init|\.Rprofile|\.irbrc|\.pryrc|\.ghci|\.iex\.exs|\.pdbrc|\.sbtrc|\.psqlrc|\.sqliterc|startup\.jl)$|\.(?:cmake|bzl|rake|nimble|nims|cabal|gemspec|podspec|rockspec|opam|pr[io]|gypi?|\w+proj|props|targets|sbt|gradle(?:\.kts)?|mk|am)$/
const TESTED = /(?:^|\/)(?:conftest|noxfile|setup|sitecustomize|usercustomize|fabfile)\.py$|(?:^|\/)(?:tests?|__tests__|spec|e2e|cypress|features|testdata|t)\/|[._-](?:test|tests|spec|e2e|cy|stories|setup|t)\.\w+$|(?:^|\/)(?:test[_-]\w+|\w+[_-](?:test|spec|setup)|\w*Tests?|\w+Spec|(?:spec|rails|test)_helper|(?:jest|vitest|mocha|karma|playwright|cypress|wdio|ava|tap|bun|test)\.(?:\w+\.)?\w+|(?:global|jest|vitest|test)?[._-]?(?:[gG]lobal)?[._-]?(?:[sS]etup|[tT]eardown))\.\w+$|\.t$|\.config\.[cm]?[jt]sx?$|(?:^|\/)\.[\w-]+rc(?:\.[cm]?[jt]s)?$/
const CHECKS = /(?:^|\/)(?:[\w.]*[-_])?(?:tests?|check|checks|lint|build|compile|setup|bootstrap|format|fmt|dev|env|start|clean|configure|coverage|verify|watch|serve|seed|generate|gen|codegen|install)(?:[-_][\w.-]*)?\.(?:ba|z)?sh$/i
const DELIVERS = /release|deploy|publish|push|ship|sync|backup|mirror|version|tag\b/i

/** Whether a file is part of a build, which starts with it. */
export function isBuildFile (path: string): boolean {
  return BUILD.test(path)
}

/** Whether what a text says is done without anybody's word: with tests, builds or the start of a tool. */
export function isUnasked (path: string): boolean {
  return BUILD.test(path) || TESTED.test(path) || path.startsWith('/') || (CHECKS.test(path) && !DELIVERS.test(path))
}
