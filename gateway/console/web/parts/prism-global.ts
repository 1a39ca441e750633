import prism from 'prismjs/components/prism-core.js'

// Its languages look for it by this name.
Object.assign(globalThis, { Prism: prism })

export default prism
