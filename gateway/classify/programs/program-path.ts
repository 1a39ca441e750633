const MACHINE_FOLDERS = /^\/(?:usr\/(?:local\/)?)?s?bin\//

/** The name of a program of the machine that is started by its path; any other word as it is. */
export function bareName (text: string): string {
  return text.replace(MACHINE_FOLDERS, '')
}
