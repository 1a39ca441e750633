// Read by Prism when it is loaded: by itself it would look through the page for code to colour, and put it there as markup.
Object.assign(globalThis, { Prism: { manual: true, disableWorkerMessageHandler: true } })
