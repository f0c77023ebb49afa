/** First word of a supervisor's command line; not for people. */
export const SUPERVISE = 'supervise';
