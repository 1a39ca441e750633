import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core'
import type { VNode } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

export interface VirtualRowsProps<T> {
  readonly rows: readonly T[]
  /** Pixels. */
  readonly rowHeight: number
  readonly keyOf: (row: T) => string | number
  readonly label: string
  readonly render: (row: T) => VNode
}

/** A long list of which only what is in view is in the page. */
export function VirtualRows<T> ({ rows, rowHeight, keyOf, label, render }: VirtualRowsProps<T>): VNode {
  const place = useRef<HTMLDivElement>(null)
  const [, redraw] = useState(0)
  const virtualizer = useRef<Virtualizer<HTMLDivElement, HTMLDivElement> | null>(null)
  const options = {
    count: rows.length,
    getScrollElement: () => place.current,
    estimateSize: () => rowHeight,
    getItemKey: (index: number) => { const row = rows[index]; return row === undefined ? index : keyOf(row) },
    overscan: 12,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => { redraw((times) => times + 1) },
  }
  virtualizer.current ??= new Virtualizer<HTMLDivElement, HTMLDivElement>(options)
  virtualizer.current.setOptions(options)
  useEffect(() => virtualizer.current?._didMount(), [])
  useLayoutEffect(() => virtualizer.current?._willUpdate())
  return (
    <div class='rows' ref={place} role='list' aria-label={label} tabIndex={0}>
      <div class='rows-inner' style={{ height: `${virtualizer.current.getTotalSize()}px` }}>
        {virtualizer.current.getVirtualItems().map(({ index, key, start }) => {
          const row = rows[index]
          return row === undefined ? null : <div key={key} role='listitem' class='row' style={{ height: `${rowHeight}px`, transform: `translateY(${start}px)` }}>{render(row)}</div>
        })}
      </div>
    </div>
  )
}
