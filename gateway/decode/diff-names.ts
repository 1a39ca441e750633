const MAX_NAMES = 1_000 // more files than any patch of one person changes
const PAIR = /^diff --git "?a\/([^\s"]+)"? "?b\/([^\r\n"]+?)"?\r?$/

/**
 * The files that a unified diff inside a text changes; none for any other text. What will apply it may be a later call, which
 * sees the name of the file it stands in and no more, so it is judged where it is written down. Linear in the text.
 *
 * @returns at most 1,000 names, without the `a/` and `b/` that git puts in front
 */
export function diffNames (text: string): readonly string[] {
  if (!text.includes('+++ ') && !text.includes('diff --git ')) return []
  const names = new Set<string>()
  const add = (name: string): void => { if (name !== '' && name !== '/dev/null' && names.size < MAX_NAMES) names.add(name.replace(/^[ab]\//, '')) }
  const ofGit = text.includes('diff --git ')
  const lines = text.split('\n')
  for (const [at, line] of lines.entries()) {
    // A header is three lines together: texts that only speak of diffs have one or the other.
    if (line.startsWith('+++ ') && lines[at - 1]?.startsWith('--- ') === true && lines[at + 1]?.startsWith('@@ -') === true) [lines[at - 1] ?? '', line].forEach((header) => { add(nameOf(header)) })
    else if (line.startsWith('diff --git ')) PAIR.exec(line)?.slice(1).forEach(add)
    else if (ofGit && /^(?:rename|copy) to /.test(line)) add(unquoted(line.slice(line.indexOf(' to ') + 4)))
  }
  return [...names, ...linkTargets(text)]
}

/** What the symbolic links lead to that a diff of git makes: they are read and written through later, so that these count as well. */
export function linkTargets (text: string): readonly string[] {
  if (!text.includes('120000')) return []
  const targets = new Set<string>()
  let [folder, isLink] = ['', false]
  for (const line of text.split('\n')) {
    const pair = PAIR.exec(line)
    if (pair !== null) [folder, isLink] = [(pair[2] ?? '').replace(/[^/]*$/, ''), false]
    else if (/^(?:new (?:file )?mode |index \S+ )120000\r?$/.test(line)) isLink = true
    else if (isLink && /^\+(?!\+\+ )./.test(line) && targets.size < MAX_NAMES) targets.add(`${line.startsWith('+/') || line.startsWith('+~') ? '' : folder}${line.slice(1).trimEnd()}`)
  }
  return [...targets]
}

// Behind a tab stands a time.
function nameOf (header: string): string {
  return unquoted(header.slice(4).split('\t', 1)[0] ?? '')
}

function unquoted (name: string): string {
  return name.trim().replace(/^"|"$/g, '')
}
