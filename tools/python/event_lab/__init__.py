"""The event-loop lab: what models of input and output cost on this machine, and what the literature
says of them.

  models        the servers that are compared, and how each is started
  measure       processes, load, CPU time, memory, system calls
  experiments   what is run; each returns rows of figures
  claims        what the literature says, judged by the rows
  plots         rows drawn as SVG
  report        one HTML page of all that
"""
