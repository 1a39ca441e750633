import type { Permission, ShellProgram, Target, ToolName } from '../core/tool-call.ts'
import type { CheckData, ClassifyData, ProgramData } from './classify-data.ts'
import { isCheck } from './programs/checks.ts'
import type { ShellFacts } from './shell/facts.ts'

const SCRATCH_FILE = /^\/(?:tmp|var\/tmp)\/./
const NO_CHECKS: CheckData = { commands: {}, starters: [] }

/** Which of the independent permissions a call needs: the strongest thing it does. */
export function permissionOf (tool: ToolName, targets: readonly Target[], shell: ShellFacts | null, data: ClassifyData): Permission {
  switch (tool) {
    case 'read-file': case 'search': case 'run-test': return 'review'
    case 'write-file': return writing(targets)
    case 'run-shell': return shell === null ? writing(targets) : running(targets, shell, data)
    case 'delegate': return shell === null ? talking(targets) : asking(targets, shell, data)
    case 'fetch-url': case 'other': return talking(targets)
  }
}

function talking (targets: readonly Target[]): Permission {
  return targets.some(({ access }) => access !== 'read') ? writing(targets) : 'chat'
}

// Who is told to run something needs no less than who runs it.
function asking (targets: readonly Target[], shell: ShellFacts, data: ClassifyData): Permission {
  const needed = running(targets, shell, data)
  return needed === 'review' ? 'chat' : needed
}

function writing (targets: readonly Target[]): Permission {
  const classes = targets.filter(({ access }) => access !== 'read').map((target) => target.class)
  if (classes.includes('ci') || classes.includes('policy')) return 'publish'
  return classes.includes('dependency') ? 'dependency' : 'edit'
}

function running (targets: readonly Target[], shell: ShellFacts, { programs: data, checks = NO_CHECKS }: ClassifyData): Permission {
  const { programs } = shell
  const written = writing(targets)
  if (written === 'publish' || programs.some((program) => data.publish.some((prefix) => startsWith(program, prefix)))) return 'publish'
  if (written === 'dependency' || programs.some((program) => data.install.some((prefix) => startsWith(program, prefix)))) return 'dependency'
  const onlyReads = !shell.opaque && targets.every(isLeft) && programs.every((program) => isReading(program, data) || isCheck(program, programs, checks))
  return onlyReads ? 'review' : 'edit'
}

// Scratch files are no part of what is looked at; what may run of them is judged elsewhere.
function isLeft ({ access, path }: Target): boolean {
  return access === 'read' || SCRATCH_FILE.test(path)
}

function isReading (program: ShellProgram, { readonly }: ProgramData): boolean {
  return readonly.some((prefix) => startsWith(program, prefix))
}

/** Whether a program start begins with these words. Options and their `=` values between the words do not count. */
export function startsWith (program: ShellProgram, prefix: readonly string[]): boolean {
  const words = [program.name, ...program.argv.slice(1).filter((word) => !word.startsWith('-'))]
  if (prefix.every((word, at) => words[at] === word)) return true
  // An option's separate value (`npm --prefix web install`, `git -C sub push`) may stand before the verb.
  return prefix.length > 1 && program.name === prefix[0] && program.argv[1]?.startsWith('-') === true && prefix.slice(1).every((word, at) => words[at + 2] === word)
}
