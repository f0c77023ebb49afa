// Everything that stands in for a global of the standard library; `compile` names them in `--use`.
import "./abort";
import "./console";
import "./crypto";
import "./date";
