/** The commands of a script, a Makefile or a Dockerfile, one a line: comments left out, continued lines joined. */
export function shellLines (path: string, text: string): readonly string[] {
  const isDocker = /(?:Docker|Container)file/.test(path)
  const isMake = /(?:^|\/)(?:GNU)?[Mm]akefile|\.ma?k$/.test(path)
  const read = isDocker ? instruction : isMake ? recipe : (line: string): string => line.trim()
  const lines: string[] = []
  let open: string[] = []
  let chars = 0
  const end = (last: string): void => {
    const command = read(open.length === 0 ? last : [...open, last].join(' '))
    open = []
    chars = 0
    if (command !== '') lines.push(command)
  }
  let here = ''
  for (const line of text.split(/\r?\n/)) {
    if (here !== '') {
      if (line.trim() === here) here = ''
      else if (line.trim() !== '' && !/^\s*#/.test(line)) lines.push(line.trim())
      continue
    }
    if (isDocker) here = /^\s*RUN\s[^\n]{0,200}?<<-?["']?(\w{1,40})["']?\s*$/i.exec(line)?.[1] ?? ''
    if (here !== '') continue
    if (/^\s*#/.test(line)) continue
    chars += line.length + 1
    if (line.endsWith('\\') && chars < MAX_LINE) open.push(line.slice(0, -1))
    else if (line !== '' || open.length > 0) end(line)
  }
  if (open.length > 0) end('')
  return lines
}

const MAX_LINE = 65_536 // a line that goes on for longer is looked at as far as it is

// Only what runs: `COPY . .` is the builder's own affair.
function instruction (line: string): string {
  const [, address = '', file = ''] = /^\s*ADD\s+(?:--\S+\s+)*(https?:\/\/\S+\.(?:sh|bash|py|pl|rb))\s+(\S+)\s*$/i.exec(line) ?? []
  if (address !== '' && !/--checksum=/.test(line)) return `curl -o ${file} ${address}`
  const [, command = ''] = /^\s*(?:RUN|CMD|ENTRYPOINT|ONBUILD\s+RUN)\s+(.*)$/is.exec(line) ?? []
  const bare = command.replace(/^(?:--[\w-]+=\S+\s+)+/, '')
  return bare.startsWith('[') ? bare.replace(/[[\]",]+/g, ' ').trim() : bare
}

function recipe (line: string): string {
  return line.replace(/^[\t ]*[@+-]*/, '').replaceAll('$$', '$').replace(/\$\(HOME\)|\$\{HOME\}/g, '$HOME').replace(/\$\(shell\s/g, '$(')
}
