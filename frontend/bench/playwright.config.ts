import e2e from '../e2e/playwright.config';

export default { ...e2e, globalSetup: '../e2e/setup.ts', outputDir: './results', timeout: 180_000 };
