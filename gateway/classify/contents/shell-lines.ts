/** The commands of a script, a Makefile or a Dockerfile, one a line: comments left out, continued lines joined. */
export function shellLines (path: string, text: string): readonly string[] {
  const isDocker = /(?:Docker|Container)file/.test(path)
  const isMake = /(?:^|\/)(?:GNU)?[Mm]akefile|\.ma?k$/.test(path)
  const lines: string[] = []
  let open = ''
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*#/.test(line)) continue
    const whole = open + line
    if (whole.endsWith('\\') && whole.length < MAX_LINE) {
      open = `${whole.slice(0, -1)} `
      continue
    }
    open = ''
    const command = isDocker ? instruction(whole) : isMake ? recipe(whole) : whole.trim()
    if (command !== '') lines.push(command)
  }
  if (open !== '') lines.push(isDocker ? instruction(open) : isMake ? recipe(open) : open.trim())
  return lines
}

const MAX_LINE = 65_536 // a line that goes on for longer is looked at as far as it is

// Only what runs: `COPY . .` is the builder's own affair.
function instruction (line: string): string {
  const [, command = ''] = /^\s*(?:RUN|CMD|ENTRYPOINT|ONBUILD\s+RUN)\s+(.*)$/is.exec(line) ?? []
  const bare = command.replace(/^(?:--[\w-]+=\S+\s+)+/, '')
  return bare.startsWith('[') ? bare.replace(/[[\]",]+/g, ' ').trim() : bare
}

function recipe (line: string): string {
  return line.replace(/^[\t ]*[@+-]*/, '').replaceAll('$$', '$').replace(/\$\(HOME\)|\$\{HOME\}/g, '$HOME').replace(/\$\(shell\s/g, '$(')
}
