"""Searching for answers: best of n, beams, and what decides an answer.

Each takes a budget, says what it may cost before it begins, and returns what it has
found by then when the budget is used up.
"""
