/** An object of the joined data. Without a prototype: the keys are an author's, and `__proto__` is one. */
export type Branch = Record<string, unknown>

const DATA_FILE = 'data.json'

/** Whether a file of a policy folder holds data. */
export function isDataFile (file: string): boolean {
  return file === DATA_FILE || file.endsWith(`/${DATA_FILE}`)
}

/**
 * The data files of a policy folder as one document, each below its own folder, as OPA joins them; null when they are not JSON
 * or contradict each other, which OPA refuses.
 */
export function joinData (files: ReadonlyMap<string, string>): Branch | null {
  const root = branch()
  for (const [file, text] of files) {
    if (!isDataFile(file)) continue
    const value = parsed(text)
    if (!isBranch(value)) return null
    let at = root
    for (const step of file.split('/').slice(0, -1)) {
      const next = at[step] ??= branch()
      if (!isBranch(next)) return null
      at = next
    }
    if (!join(at, value)) return null
  }
  return root
}

export function isBranch (value: unknown): value is Branch {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function join (into: Branch, from: Branch): boolean {
  return Object.entries(from).every(([key, value]) => {
    const known = into[key]
    if (known === undefined) {
      into[key] = value
      return true
    }
    return isBranch(known) && isBranch(value) && join(known, value)
  })
}

function branch (): Branch {
  return Object.create(null) as Branch
}

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // OPA names the line when it compiles
  }
}
