import classes from './Intake.module.css';

export function BotLine({ text }: { text: string }) {
  return (
    <p className={classes.bot} dir="auto">
      {text}
    </p>
  );
}
