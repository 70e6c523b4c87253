def thumb1_kernel(task, name, form):
    return None
