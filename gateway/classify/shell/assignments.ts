import { steersByFamily } from '../programs/environment-families.ts'
import { literal, type Directories, type FactCollector } from './facts.ts'
import { isLeftIn } from '../programs/left-files.ts'
import { namesProduction, namesRemote } from '../programs/production.ts'
import { steersPrograms } from './environment.ts'
import { checkEmptiedFolder } from '../programs/emptied-folders.ts'
import { GUARDED } from '../paths/guarded-folders.ts'

/** Records what an assignment, in whatever form, does to the programs that run after it. `value` is null when not known. */
export function checkAssignment (name: string, value: string | null, facts: FactCollector): void {
  const bare = name.replace(/\[.*$/s, '')
  if (value !== null && namesProduction(bare, value)) facts.says('production')
  if (steersPrograms(bare, value)) facts.problem('environment-injection')
  if (value !== null && value.startsWith('() {')) facts.problem('environment-injection') // an exported function body
}

/** The same for a variable that a program gets, which may read, write or run what the value names. */
export function checkHanded (name: string, value: string | null, facts: FactCollector, directories: Directories): void {
  checkAssignment(name, value, facts)
  if (name === 'SKIP') facts.says('unchecked') // hooks by their names
  if (/^(?:DESTDIR|prefix|PREFIX)$/.test(name)) facts.says('staged') // where `make install` puts things
  if (value === null) return
  if (namesRemote(name, value)) facts.network()
  if (EMPTIED.test(name)) checkEmptiedFolder(literal(value), directories, facts)
  // What git says of its own work goes to the end of that file.
  if (/^GIT_TRACE/.test(name) && value.startsWith('/')) facts.touch(literal(value), 'write', directories)
  if (steersByFamily(name, value)) facts.problem('environment-injection')
  for (const piece of value.split(/[\s:=,;]+/)) {
    if (GUARDED.test(piece) || isLeftIn(name, piece)) facts.touch(literal(piece), 'write', directories)
    else if (!value.includes('://') && (HIDDEN.test(piece) || MACHINE.test(piece))) facts.touch(literal(piece), 'read', directories)
  }
}

// The folder that a build empties first.
const EMPTIED = /^(?:BUILD_PATH|MIX_BUILD_PATH)$/
const HIDDEN = /^(?:[\w.-]*\/)*\.(?:env|npmrc|netrc|pypirc|ssh|aws)[\w.]*(?:\/|$)|\.(?:pem|key|p12|pfx|jks|keystore|tfstate)$/
const MACHINE = /^(?:~|\/(?:etc|home|root|proc|run|var\/run|mnt|srv)(?:\/|$))/

// Folders of the project that hold only what its package manager put there, and those of a language's own tools.
const OWN_PROGRAMS = /^(?:\$\{?PWD\}?|\$\(pwd\)|\/workspace)\/(?:(?!\.)[\w.-]+\/)*(?:node_modules\/\.bin|\.?venv\/bin)$/
const TOOL_PROGRAMS = /^(?:\/usr\/local\/(?:go\/|cargo\/)?|\/opt\/(?:(?!\.)[\w.-]+\/)+|(?:\$HOME|\$\{HOME\}|~)\/(?:\.cargo|\.bun|\.deno|\.dotnet\/tools|go)\/)bin$/

/** Whether a value of `PATH`, as written, keeps what it was and adds only folders whose programs are what their names say. */
export function addsPrograms (written: string, directories: Directories): boolean {
  const folders = written.replace(/^"(.*)"$/, '$1').split(':')
  const added = folders.filter((folder) => !/^\$\{?PATH\}?$/.test(folder))
  if (added.length !== folders.length - 1) return false
  const isHere = directories.every((directory) => directory !== null && /^\/workspace(?:\/|$)/.test(directory))
  return added.every((folder) => TOOL_PROGRAMS.test(folder) || (OWN_PROGRAMS.test(folder) && (isHere || folder.startsWith('/workspace/'))))
}

// Where this project's own builds leave libraries, and where the machine's are.
const OWN_LIBRARIES = /^(?:(?:\$\{?PWD\}?|\$\(pwd\)|\/workspace|\.)\/)?(?:(?!node_modules\/|vendor\/|third_party\/)[\w-]+\/){0,3}(?:build|out|dist|target\/(?:debug|release)|cmake-build-\w+)(?:\/(?!\.)[\w.-]+)*\/?$/
const MACHINE_LIBRARIES = /^\/(?:usr\/(?:local\/)?|opt\/(?:(?!\.)[\w.-]+\/){1,2})lib(?:64)?(?:\/(?!\.)[\w.-]+)*\/?$/

/** The folders of the project's own builds that a value of `LD_LIBRARY_PATH`, as written, names besides those of the machine; null when it names any other. */
export function ownLibraries (written: string, directories: Directories): readonly string[] | null {
  const folders = written.replace(/^"(.*)"$/, '$1').replace(/:?\$\{LD_LIBRARY_PATH:\+:\$LD_LIBRARY_PATH\}$/, '').split(':').filter((folder) => !/^\$\{?LD_LIBRARY_PATH\}?$/.test(folder))
  if (!directories.every((directory) => directory !== null && /^\/workspace(?:\/|$)/.test(directory))) return null
  const own = folders.filter((folder) => !MACHINE_LIBRARIES.test(folder))
  return folders.length > 0 && own.every((folder) => OWN_LIBRARIES.test(folder)) ? own.map((folder) => folder.replace(/^(?:\$\{?PWD\}?|\$\(pwd\))\//, './')) : null
}
