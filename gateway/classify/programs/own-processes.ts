// `node` alone would be the gateway's too, and a pattern could be anything's.
const OWN = /^(?!.*(?:weir|opencode|gateway|bwrap|init\b|systemd|ssh|dist$|cli$))(?=.*[A-Za-z]{3})(?:(?!node$|bun$|python3?$|bash$|sh$)[a-z][\w./:-]*|[a-z][\w./:-]*(?: [\w./:=-]+)+)$/i

/** Whether words pick out a process of the work, by words of its own. */
export function isOwnProcess (pattern: string): boolean {
  return OWN.test(pattern)
}
