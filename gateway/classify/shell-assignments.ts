import type { FactCollector } from './shell-facts.ts'
import { steersPrograms } from './shell-environment.ts'

/** Records what an assignment, in whatever form, does to the programs that run after it. `value` is null when not known. */
export function checkAssignment (name: string, value: string | null, facts: FactCollector): void {
  const bare = name.replace(/\[.*$/s, '')
  if (steersPrograms(bare, value)) facts.problem('environment-injection')
  if (value !== null && value.startsWith('() {')) facts.problem('environment-injection') // an exported function body
}
