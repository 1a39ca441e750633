import { steersByFamily } from './environment-families.ts'
import { literal, type Directories, type FactCollector } from './shell-facts.ts'
import { steersPrograms } from './shell-environment.ts'

/** Records what an assignment, in whatever form, does to the programs that run after it. `value` is null when not known. */
export function checkAssignment (name: string, value: string | null, facts: FactCollector): void {
  const bare = name.replace(/\[.*$/s, '')
  if (steersPrograms(bare, value)) facts.problem('environment-injection')
  if (value !== null && value.startsWith('() {')) facts.problem('environment-injection') // an exported function body
}

/** The same for a variable that a program gets, which may read, write or run what the value names. */
export function checkHanded (name: string, value: string | null, facts: FactCollector, directories: Directories): void {
  checkAssignment(name, value, facts)
  if (value === null) return
  if (steersByFamily(name, value)) facts.problem('environment-injection')
  for (const piece of value.split(/[\s:=,;]+/)) {
    if (GUARDED.test(piece)) facts.touch(literal(piece), 'write', directories)
    else if (!value.includes('://') && (HIDDEN.test(piece) || MACHINE.test(piece))) facts.touch(literal(piece), 'read', directories)
  }
}

const GUARDED = /^(?:\.\/|\/workspace\/)?(?:[\w-]+\/)*\.(?:git|husky|githooks|github|gitlab|circleci|vscode|idea|devcontainer|opencode)(?:\/|$)/
const HIDDEN = /^(?:[\w.-]*\/)*\.(?:env|npmrc|netrc|pypirc|ssh|aws)[\w.]*(?:\/|$)|\.(?:pem|key|p12|pfx|jks|keystore|tfstate)$/
const MACHINE = /^(?:~|\/(?:etc|home|root|proc|run|var\/run|mnt|srv)(?:\/|$))/
