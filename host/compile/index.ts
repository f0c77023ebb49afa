export type { CompileResult, CompileStep } from './compile-project.js';
export { compileProject } from './compile-project.js';
export { createProject } from './create-project.js';
