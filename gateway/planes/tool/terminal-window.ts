import type { TerminalSize } from '../../../sandbox/sandbox.ts'

/** The size of a request's terminals, which may be said before there is one. */
export interface TerminalWindow {
  resize (size: TerminalSize): void
  /** As `ToolIo.onTerminal`. */
  onTerminal (resize: ((size: TerminalSize) => void) | null): void
}

export function createTerminalWindow (): TerminalWindow {
  let wanted: TerminalSize | null = null
  let tell: ((size: TerminalSize) => void) | null = null
  return {
    resize (size) {
      wanted = size
      tell?.(size)
    },
    onTerminal (resize) {
      tell = resize
      if (wanted !== null) tell?.(wanted)
    },
  }
}
