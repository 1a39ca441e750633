import type { CollectReport } from './collect-turn.ts'
import type { SettledConflict } from './settle-conflicts.ts'

const MAX_PATHS = 20
const MAX_CHARS = 32_768

/** What the agent and its user should know of a look at the workspace; null when it took nothing out of it. */
export function collectNote ({ denied, conflicts }: Pick<CollectReport, 'denied' | 'conflicts'>): string | null {
  const lines = [
    ...denied.slice(0, MAX_PATHS).map(denialNote),
    ...more(denied.length, 'more files were taken out of the workspace'),
    ...conflicts.slice(0, MAX_PATHS).map(conflictNote),
    ...more(conflicts.length, 'more files were changed by somebody else meanwhile'),
  ]
  return lines.length === 0 ? null : `[Weir] Not everything that was changed could stay:\n${lines.join('\n')}`.slice(0, MAX_CHARS)
}

// The whole change set is refused by the name of the workspace itself, and stays where it is.
function denialNote ({ path, rule, feedback }: CollectReport['denied'][number]): string {
  return path === '.' ? `- Nothing of this turn is part of the project. ${feedback}` : `- ${path}: taken out of the workspace (rule ${rule}). ${feedback}`
}

function conflictNote ({ path, how, approval, shown }: SettledConflict): string {
  const three = shown === null ? '' : `\n${shown}`
  switch (how) {
    case 'merged': return `- ${path}: somebody else changed it too, in other places. The file has both changes now.`
    case 'proposed': return `- ${path}: somebody else changed it too, in the same place. The workspace has their version now; this session's is kept as proposal ${approval ?? ''}. Make the change again on top of theirs.${three}`
    case 'dropped': return `- ${path}: somebody else changed it too, in the same place. The workspace has their version now. Make the change again on top of theirs.${three}`
    case 'left': return `- ${path}: somebody else changed it too. It is not part of the project yet.`
  }
}

function more (count: number, what: string): string[] {
  return count > MAX_PATHS ? [`- ${count - MAX_PATHS} ${what}.`] : []
}
