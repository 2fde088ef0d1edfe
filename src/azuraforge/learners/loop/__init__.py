"""The pure loop of a learner: (state, next input) → (state, outputs), without a database, a clock or a network.

The order at equal times is fixed:

1. the row; rows of one time in the order of their numbers, which is that of their keys;
2. outcomes that become known are judged;
3. ``learn``;
4. ``predict``;
5. timers, by (due, class, name, number);
6. facts: commands, results, absences;
7. the checkpoint.

An outcome that no row of its own makes known is judged with the next input.
"""
