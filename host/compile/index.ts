export type { CompileOptions, CompileResult, CompileStep } from './compile-project.js';
export { compileProject } from './compile-project.js';
