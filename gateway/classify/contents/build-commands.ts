const COMMAND = /\bCOMMAND\s+([^)]{1,1000})/g
const PROJECT = /\$\{(?:CMAKE|PROJECT|CMAKE_CURRENT)_SOURCE_DIR\}/g

/** The commands that CMake starts when it configures or builds, each a line. */
export function buildCommands (text: string): readonly string[] {
  return [...text.matchAll(COMMAND)].flatMap(([, words = '']) => words.split(/\bCOMMAND\b/)).map((command) => command.replace(PROJECT, '.').replace(/\s+/g, ' ').trim())
}
